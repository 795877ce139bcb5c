using System.Numerics;

namespace KeeperOracle.Host.Signer;

/// <summary>What one account gave out on one chain within the last hour, kept as a running sum.</summary>
internal sealed class SpentHour
{
    private const long Seconds = 3600;
    private readonly Queue<(long At, BigInteger Charge)> _charges = new();
    private BigInteger _sum;

    /// <summary>Wei, at a time that never goes back.</summary>
    public BigInteger At(long now)
    {
        while (_charges.TryPeek(out var oldest) && oldest.At <= now - Seconds)
        {
            _sum -= _charges.Dequeue().Charge;
        }

        return _sum;
    }

    public void Add(long at, BigInteger charge)
    {
        _charges.Enqueue((at, charge));
        _sum += charge;
    }
}
