"""From the record of a run to families of artifacts and checks: what one alert is about each."""
