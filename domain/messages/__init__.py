"""Messages of workflow steps: what a step receives and what it returns."""
