"""Read an external iCalendar file (RFC 5545), and find the times at which its owner is busy.

The principle: **a file that cannot be understood is refused with its cause; it is never read as free.** In particular:

- An event, rule, date, offset or time zone that is malformed, contradictory or unknown refuses the whole file.
- An exception (`EXDATE`, `RECURRENCE-ID`) removes the occurrence that begins at the same instant, and no other.
  An exception that names no occurrence removes nothing.
- Two events are two busy times, whatever their UIDs.
- Parts that cannot make anybody busy (alarms, to-dos, journals, titles, people) are skipped, even if malformed.

The result depends only on the file, the window, the organisation's time zone and the owner's address. No state is kept
between files. The work is proportional to the file and the window.
"""
