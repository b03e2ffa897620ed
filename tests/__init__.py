"""The tests mirror the apps, file for file; journeys/ go through HTTP and a browser and mock nothing."""
