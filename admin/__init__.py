"""Tools for operators: reads and changes what the `bookme admin` command shows and does."""
