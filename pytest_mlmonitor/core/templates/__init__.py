"""Path templates of declared sources: their grammar, what a path catches, in linear time."""
