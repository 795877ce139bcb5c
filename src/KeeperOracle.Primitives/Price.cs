using System.Numerics;

namespace KeeperOracle.Primitives;

/// <summary>Units of account for one whole token, scaled by 1e18.</summary>
public readonly record struct Price(Wad PerToken)
{
    /// <summary>Value of an amount, rounded down.</summary>
    public Wad ValueDown(TokenAmount amount) =>
        new(Wad.MultiplyDivideDown(amount.Raw, PerToken.Raw, BigInteger.Pow(10, amount.Decimals)));

    public override string ToString() => PerToken.ToString();
}
