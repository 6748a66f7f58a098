"""Types that all schemas share."""
