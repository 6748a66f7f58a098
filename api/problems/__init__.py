"""Pages that explain the problems of error answers, at the address that is the `type` of each error answer."""
