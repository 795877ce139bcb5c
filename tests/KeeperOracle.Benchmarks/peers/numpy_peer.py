"""numpy and scipy at their best: preallocated output, one process, the batch size that turns out fastest (arrays that stay in the cache)."""
import sys
import time

import numpy as np
from scipy.special import ndtr

HALF_LOG_TWO_PI = 0.91893853320467274178


def read(folder, name):
    return np.fromfile(f"{folder}/{name}.bin")


def best_of(seconds, action):
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def greeks(forward, strike, years, volatility, rate, sign, out, work):
    root, total, d1, n1, n2, discount = work
    price, delta, gamma, vega, theta = out
    np.sqrt(years, out=root)
    np.multiply(volatility, root, out=total)
    np.divide(forward, strike, out=d1)
    np.log(d1, out=d1)
    np.divide(d1, total, out=d1)
    np.multiply(total, 0.5, out=n1)
    np.add(d1, n1, out=d1)
    np.multiply(rate, years, out=discount)
    np.negative(discount, out=discount)
    np.exp(discount, out=discount)
    np.multiply(d1, d1, out=gamma)
    np.multiply(gamma, -0.5, out=gamma)
    np.subtract(gamma, HALF_LOG_TWO_PI, out=gamma)
    np.exp(gamma, out=gamma)  # the density
    np.multiply(d1, sign, out=n1)
    ndtr(n1, out=n1)
    np.subtract(d1, total, out=n2)
    np.multiply(n2, sign, out=n2)
    ndtr(n2, out=n2)
    np.multiply(discount, sign, out=delta)
    np.multiply(strike, n2, out=n2)
    np.multiply(forward, n1, out=price)
    np.subtract(price, n2, out=price)
    np.multiply(price, delta, out=price)
    np.multiply(delta, n1, out=delta)
    np.multiply(gamma, discount, out=gamma)
    np.multiply(gamma, forward, out=vega)
    np.multiply(vega, root, out=vega)
    np.multiply(forward, total, out=n1)
    np.divide(gamma, n1, out=gamma)
    np.multiply(vega, volatility, out=n1)
    np.divide(n1, years, out=n1)
    np.multiply(n1, 0.5, out=n1)
    np.multiply(rate, price, out=theta)
    np.subtract(theta, n1, out=theta)


def bench_greeks(folder):
    columns = [read(folder, name) for name in ("forward", "strike", "years", "volatility", "rate", "sign")]
    count = len(columns[0])
    out = [np.empty(count) for _ in range(5)]
    rates = {}
    for batch in (512, 1024, 2048, 4096, 8192, 16384):
        work = [np.empty(batch) for _ in range(6)]

        def run(batch=batch, work=work):
            for i in range(0, count, batch):
                j = min(i + batch, count)
                greeks(*(c[i:j] for c in columns), [o[i:j] for o in out], [w[: j - i] for w in work])

        rates[batch] = count / best_of(0.25, run)
    print("numpy", "greeks", max(rates.values()), sum(float(o.sum()) for o in out))


def revalue(block, shift, shock, scale, work):
    """P&L by account and scenario of a block of accounts, arrays accounts x legs broadcast over scenarios."""
    log_moneyness, forward, strike, total, sign, amount = (a[:, None, :] for a in block)
    t, d1, d2 = work
    np.multiply(total, scale, out=t)
    np.add(log_moneyness, shift, out=d1)
    np.divide(d1, t, out=d1)
    np.multiply(t, 0.5, out=d2)
    np.add(d1, d2, out=d1)
    np.subtract(d1, t, out=d2)
    np.multiply(d1, sign, out=d1)
    np.multiply(d2, sign, out=d2)
    ndtr(d1, out=d1)
    ndtr(d2, out=d2)
    np.multiply(forward, shock, out=t)
    np.multiply(d1, t, out=d1)
    np.multiply(d2, strike, out=d2)
    np.subtract(d1, d2, out=d1)
    np.multiply(d1, amount * sign, out=d1)
    return d1.sum(axis=2).min(axis=1)


def bench_revalue(folder):
    legs = 20
    columns = [
        read(folder, name).reshape(-1, legs)
        for name in ("book_log_moneyness", "book_forward", "book_strike", "book_total", "book_sign", "book_amount")
    ]
    shift, shock, scale = (read(folder, name)[None, :, None] for name in ("grid_shift", "grid_shock", "grid_scale"))
    accounts, scenarios = len(columns[0]), shift.size
    rates, total = {}, 0.0
    for block in (4, 8, 16, 32):
        work = [np.empty((block, scenarios, legs)) for _ in range(3)]

        def run(block=block, work=work):
            result = 0.0
            for i in range(0, accounts, block):
                j = min(i + block, accounts)
                result += float(revalue([c[i:j] for c in columns], shift, shock, scale, [w[: j - i] for w in work]).sum())
            return result

        total = run()
        rates[block] = accounts * legs * scenarios / best_of(0.6, run)
    print("numpy", "revalue", max(rates.values()), total)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: numpy_peer.py greeks|revalue FOLDER")
    {"greeks": bench_greeks, "revalue": bench_revalue}[sys.argv[1]](sys.argv[2])
