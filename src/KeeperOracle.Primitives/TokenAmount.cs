using System.Numerics;

namespace KeeperOracle.Primitives;

/// <summary>Units of one token and the decimals that one whole token has: 1500000 with 6 decimals is 1.5.</summary>
public readonly record struct TokenAmount(BigInteger Raw, int Decimals)
{
    public override string ToString() => FixedPoint.Format(Raw, Decimals);
}
