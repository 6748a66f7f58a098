"""Read an iCalendar file (RFC 5545) of somebody else: when is its owner busy?

The principle: **a file that cannot be understood is refused with its cause; it is never read as free.** In particular:

- An event, rule, date, offset or time zone that is malformed, contradictory or unknown refuses the whole file.
- An exception (`EXDATE`, `RECURRENCE-ID`) takes away the occurrence that begins at the same instant, and no other.
  An exception that names no occurrence takes nothing away.
- Two events are two busy times, whatever their UIDs.
- Parts that cannot make anybody busy (alarms, to-dos, journals, titles, people) are passed over, however malformed.

Reading depends on the file, the window, the organisation's time zone and the owner's address alone. It keeps no state
between files, and takes work in proportion to the file and the window.
"""
