"""Write and send mails (SMTP, iMIP)."""
