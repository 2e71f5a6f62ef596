"""Tools of development: local servers without Docker, and checks of the tree. The program never imports them."""
