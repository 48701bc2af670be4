"""Hypothesis profiles: `HALTSPEC_PROFILE` chooses `dev` (the default), `ci` (the default where `CI` is set) or `nightly`.

No profile has a deadline or minds slow drawing: a slow machine is no fault of the code. `ci` draws the same examples in every run; `nightly`
draws many more, new ones each time.

Ctrl-C works, also where the tests were started in the background by a shell that ignores it: what tests start inherits that.
"""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", patient)
settings.register_profile("ci", patient, derandomize=True, database=None, print_blob=True)
settings.register_profile("nightly", patient, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HALTSPEC_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
