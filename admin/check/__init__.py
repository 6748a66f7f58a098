"""Compares rows and workflow runs, and repairs what does not fit together by the means that BookMe has anyway."""
