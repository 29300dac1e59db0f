"""The whole way of an alert, tried with a value that means nothing: pushed, scraped, told, and over."""
