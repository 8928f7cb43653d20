"""One network from its inputs to a bundle: the only package that imports TensorFlow."""
