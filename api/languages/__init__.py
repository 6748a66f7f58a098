"""Languages of error answers. English is the source; `da.po` has the Danish messages."""

from api.languages.translation import ENGLISH, LANGUAGES, language_of, translate

__all__ = ["ENGLISH", "LANGUAGES", "language_of", "translate"]
