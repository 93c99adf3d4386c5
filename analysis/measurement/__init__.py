"""What runs for real, in the user's interpreter and on a real device: models to compare with predictions (`measure`), operators
to describe a device by (`calibrate`)."""
