using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

/// <summary>
/// What each cause has spent, or may still have to, in the last hour: the worst case from the signature on, the true cost from its block on.
/// A transaction counts from when it was signed. After a restart the journal says what was signed in the last hour, at its worst case.
/// </summary>
internal sealed class GasBudget(BigInteger hourly)
{
    public const ulong Period = 3600;

    private readonly Dictionary<(Address Signer, ulong Nonce), (string Cause, ulong Since, BigInteger Wei)> _entries = [];

    public BigInteger Left(string cause, ulong clock)
    {
        var spent = BigInteger.Zero;
        foreach (var (key, entry) in _entries)
        {
            if (entry.Since + Period <= clock)
            {
                _entries.Remove(key);
            }
            else if (entry.Cause == cause)
            {
                spent += entry.Wei;
            }
        }

        return BigInteger.Max(BigInteger.Zero, hourly - spent);
    }

    public void Reserve(Address signer, ulong nonce, string cause, ulong clock, BigInteger wei) => _entries[(signer, nonce)] = (cause, clock, wei);

    /// <summary>A journal from before the host's clock went back has times that are to come: they count as now.</summary>
    public void NotAfter(ulong clock)
    {
        foreach (var (key, entry) in _entries.Where(pair => pair.Value.Since > clock).ToList())
        {
            _entries[key] = entry with { Since = clock };
        }
    }

    /// <summary>The amount of a reservation that still counts is another: a bump, a block, or nothing at all.</summary>
    public void Correct(Address signer, ulong nonce, BigInteger wei)
    {
        if (_entries.TryGetValue((signer, nonce), out var entry))
        {
            _entries[(signer, nonce)] = entry with { Wei = wei };
        }
    }
}
