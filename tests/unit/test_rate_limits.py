"""Rate limits with a moving window: who is admitted, what is left, and when there is more."""

from api.middleware.limits import MovingWindow


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_admits_its_most() -> None:
    window = MovingWindow(2, 60, Clock())
    assert [window.hit("a")[0] for _ in range(3)] == [True, True, False]


def test_keys_have_windows_of_their_own() -> None:
    window = MovingWindow(1, 60, Clock())
    assert window.hit("a")[0]
    assert window.hit("b")[0]


def test_the_window_moves_with_each_request() -> None:
    clock = Clock()
    window = MovingWindow(2, 60, clock)
    window.hit("a")
    clock.now += 30
    window.hit("a")
    clock.now += 30
    assert window.hit("a") == (True, 0, 30)
    assert window.hit("a") == (False, 0, 30)


def test_what_is_left_and_when_there_is_more() -> None:
    clock = Clock()
    window = MovingWindow(3, 60, clock)
    assert window.hit("a") == (True, 2, 60)
    clock.now += 10
    assert window.hit("a") == (True, 1, 50)


def test_a_refused_request_does_not_count() -> None:
    clock = Clock()
    window = MovingWindow(1, 60, clock)
    window.hit("a")
    clock.now += 59
    assert not window.hit("a")[0]
    clock.now += 1
    assert window.hit("a")[0]


def test_a_limit_of_nothing_refuses_everything() -> None:
    assert MovingWindow(0, 60, Clock()).hit("a") == (False, 0, 60)


def test_unused_keys_are_forgotten() -> None:
    clock = Clock()
    window = MovingWindow(5, 60, clock)
    for number in range(100):
        window.hit(str(number))
    clock.now += 60
    for _ in range(100):
        window.hit("last")
        clock.now += 0.1
    assert len(window) == 1
