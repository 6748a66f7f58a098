"""HTTP rules that all operations share: errors, bodies, patches, preconditions, repeated requests."""
