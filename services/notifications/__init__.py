"""Choose the recipients of notifications and the deliveries of one round."""
