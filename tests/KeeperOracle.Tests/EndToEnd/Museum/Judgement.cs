using System.Globalization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>What a replay came to, in numbers.</summary>
/// <param name="Liquidations">how many there were</param>
/// <param name="Wrongful">of accounts whose health was at least 1 at the true prices: who, and the health</param>
/// <param name="BadDebt">written off since the beginning, and owed over what all collateral is worth at the true prices; units of account</param>
/// <param name="Debt">of all accounts at the beginning, in units of account</param>
internal sealed record Judgement(int Liquidations, IReadOnlyList<string> Wrongful, Wad BadDebt, Wad Debt)
{
    public double BadShare => BadDebt.ToDouble() / Debt.ToDouble();

    /// <summary>Nobody wrongfully liquidated, bad debt at most .1 % of debt.</summary>
    public void AssertHolds()
    {
        Assert.True(Wrongful.Count == 0, ToString());
        Assert.True(BadDebt.Raw * 1000 <= Debt.Raw, ToString());
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Liquidations} liquidations, {Wrongful.Count} of them wrongful ({string.Join("; ", Wrongful.Take(5))}); bad debt {BadDebt.ToDouble():0.##} of {Debt.ToDouble():0} = {BadShare:0.0000%}");
}
