"""The reference service on the wire: what `haltspec serve` runs.

From the outside in: `server` accepts connections and keeps them within limits; `app` hands requests to the `control`
API or to the `Host`; a dialect (`awsjson`, `dataarts`) reads a request into a call and words the answer, `signatures`
tells who calls; the host runs the call on the reference model of its API, at a `pace`, with `faults`, and writes it
into the `journal` before the answer leaves.
"""
