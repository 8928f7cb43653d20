"""A bundle's network on new images: predictions, saliency, occlusion, robustness."""
