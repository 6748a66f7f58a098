"""The endpoints of a sandbox: its clock, its reset and simulated faults. Only an API with BOOKME_SANDBOX has them."""
