"""Tree to typed graph: nodes, building from a recipe, expansion, sorts and axes."""
