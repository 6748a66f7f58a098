"""Operations of the resources, as the endpoints call them."""
