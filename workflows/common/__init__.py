"""Parts that several workflows share: names, options, update queues, the saga."""
