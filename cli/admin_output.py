"""Output of the commands of `bookme admin` for people: plain text, which can be searched and pasted into a ticket."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from admin.documents import Found, Hold, Holds, RunLink, Story
from admin.words import duration, utc


def print_found(found: Found, *, is_brief: bool) -> None:
    """Print stories: each as a whole, or one line each."""
    for number, story in enumerate(found.stories):
        if is_brief:
            print_line(story)
        else:
            print("" if number == 0 else "\n", end="")
            print_story(story)
    if is_brief:
        print_notes(list(dict.fromkeys(note for story in found.stories for note in story.notes)))
    if found.left_out:
        print(f"\n{found.left_out} older bookings are not shown: --limit shows more of them.")
    if found.is_cut:
        print("\nMore bookings may fit than were searched: ask by --token, --meeting or --time-slot, or for less time.")


def print_line(story: Story) -> None:
    at = utc(story.entries[-1].at) if story.entries else "at an unknown time"
    print(f"{at}  {story.conclusion}\n  {_about(story)}")


def print_story(story: Story) -> None:
    """Print the conclusion, the timeline, the links and the notes."""
    print(f"{story.conclusion}\n\n  {_about(story)}\n")
    zone = ZoneInfo(story.time_zone)
    for entry in story.entries:
        print(f"  {utc(entry.at)}  {local(entry.at, zone)}  {entry.text}")
    if story.runs:
        print("\nRuns in the Temporal UI")
        print_links(story.runs)
    print_notes(story.notes)


def print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"\nNote: {note}")


def print_links(links: Sequence[RunLink]) -> None:
    for each in links:
        print(f"  {each.workflow_type or 'run'}, {each.status or 'unknown'}: {each.url}")


def local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %H:%M:%S %Z}"


def _about(story: Story) -> str:
    ids: dict[str, Sequence[object]] = {
        "client": story.client_ids,
        "token": story.tokens,
        "customer": story.customer_ids,
        "meeting": story.meeting_ids,
        "time slot": story.time_slot_ids,
    }
    return " · ".join(f"{name} {', '.join(map(str, values))}" for name, values in ids.items() if values)


def print_holds(found: Holds) -> None:
    for hold in found.holds:
        print_hold(hold, ZoneInfo(found.time_zone))
    number = len(found.holds)
    print(f"{number} hold{'s' if number > 1 else ''}" if number else "No time slot is held.")
    if found.is_cut:
        print("There are more holds: --limit shows more of them, and --client those of one client.")


def print_hold(hold: Hold, zone: ZoneInfo) -> None:
    """Print one hold in two lines: who holds which time until when, and the run."""
    left = _left(hold.seconds_left)
    when = f"{hold.start.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"
    print(f"{left:>18}  {hold.status} {when} with {hold.employee}, client {hold.client_id}, token {hold.token}")
    customer = f", customer {hold.customer_id}" if hold.customer_id else ""
    print(f"{'':>18}  held since {utc(hold.held_since)} until {utc(hold.held_until)}{customer}: {hold.run.url}")


def _left(seconds: int) -> str:
    lasts = duration(timedelta(seconds=seconds))
    return f"{lasts} left" if seconds > 0 else f"{lasts} overdue"
