# Real neighbours of the product: what `scripts/cluster add` starts and `remove` takes away.

verb_add() { die "add: there are no neighbours yet"; }
verb_remove() { die "remove: there are no neighbours yet"; }
