"""Images outside the training domain: no breast ultrasound, or one that sits in a viewer's frame."""
