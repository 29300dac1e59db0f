"""What checks of datasets say beside their findings: values against limits, the rows, the pictures, where limits are written."""
