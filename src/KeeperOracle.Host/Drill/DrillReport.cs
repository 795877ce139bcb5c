using System.Text.Json.Serialization;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>How a drill came to its end.</summary>
internal enum DrillEnd
{
    /// <summary>Nobody is under health 1, and nothing is under way.</summary>
    Cleared,

    /// <summary>Some are under health 1, and for a while no account and no transaction has changed.</summary>
    NothingMoves,

    /// <summary>The most blocks that were allowed are mined.</summary>
    BlockLimit,
}

/// <summary>What one drill found; what `-o json` writes. Amounts as decimals of whole tokens, values in units of account, times in seconds.</summary>
/// <param name="BlockSeconds">chain time from one block of the fork to the next</param>
/// <param name="HealthUnderOneBefore">accounts under health 1 on the live chain, at the block of the fork</param>
/// <param name="Liquidatable">accounts under health 1 once the feeds had moved</param>
/// <param name="LiquidatableDebt">what those owed</param>
/// <param name="TopUps">standing orders of accounts that the keeper executed, after which they need no liquidation or a smaller one</param>
/// <param name="Unvalued">accounts whose options have no requirement after the shock: nobody can say whether they are under 1</param>
internal sealed record DrillReport(
    ChainId Chain,
    string Name,
    ForkPoint Fork,
    ulong BlockSeconds,
    IReadOnlyList<ShockedAsset> Assets,
    int Accounts,
    int HealthUnderOneBefore,
    int Liquidatable,
    IReadOnlyList<string> LiquidatableAccounts,
    string LiquidatableDebt,
    int Unvalued,
    LiquidationCount Liquidations,
    int TopUps,
    GasSpent Gas,
    ClearingTime Clearing,
    IReadOnlyList<LeftAccount> Left,
    BadDebt BadDebt,
    DrillMeans Means,
    LiveUntouched Live,
    string? Kept);

/// <summary>Where the fork left the live chain.</summary>
/// <param name="Node">the configured node whose state it took</param>
internal sealed record ForkPoint(ulong Block, Hash32 Hash, ulong Timestamp, string Node);

/// <param name="Shock">null where it was left alone</param>
/// <param name="PriceBefore">zero where it had none</param>
/// <param name="PriceAfter">null before the shock; zero where it has none</param>
/// <param name="Status">after the shock</param>
internal sealed record ShockedAsset(
    string Symbol, Address Token, string? Shock, Price PriceBefore, Price? PriceAfter, PriceStatus Status, IReadOnlyList<FeedMove> Feeds);

/// <param name="Before">null where it gives no price</param>
/// <param name="After">null where it is left alone</param>
/// <param name="Note">what is wrong with it on the live chain; null where nothing is</param>
internal sealed record FeedMove(string Role, Address Feed, string? Before, string? After, string? Note);

/// <param name="Attempted">liquidations that the keeper decided on and that came to an end of whatever kind</param>
/// <param name="Succeeded">mined with success</param>
/// <param name="SuccessRate">of those attempted; null where none was</param>
/// <param name="Accounts">different accounts among those that succeeded</param>
/// <param name="Repaid">stable tokens</param>
/// <param name="Seized">in whole tokens</param>
/// <param name="Unsuccessful">the others by name</param>
internal sealed record LiquidationCount(
    int Attempted,
    int Succeeded,
    double? SuccessRate,
    int Accounts,
    IReadOnlyList<string> LiquidatedAccounts,
    string Repaid,
    IReadOnlyList<SeizedAmount> Seized,
    IReadOnlyList<NamedCount> Unsuccessful);

internal sealed record SeizedAmount(string Symbol, string Amount);

/// <param name="Example">the words of one of them</param>
internal sealed record NamedCount(string Name, int Count, string Example);

/// <summary>Of all transactions of the keeper on the fork, those that reverted too.</summary>
/// <param name="Cost">in the chain's own coin</param>
/// <param name="CostValue">in units of account; null where the chain names no native asset or it has no price</param>
internal sealed record GasSpent(int Transactions, int Reverted, ulong Used, string Cost, Wad? CostValue);

/// <param name="Blocks">after the block of the shock, up to that of the last liquidation; null where there was none</param>
/// <param name="ChainSeconds">the same in chain time</param>
/// <param name="HostSeconds">from the shock to the end of the drill, on this machine</param>
/// <param name="Timeline">one line for each block in which a number changed</param>
internal sealed record ClearingTime(DrillEnd End, ulong? Blocks, ulong? ChainSeconds, double HostSeconds, IReadOnlyList<DrillBlock> Timeline);

/// <param name="After">blocks after that of the shock</param>
/// <param name="UnderOne">accounts under health 1</param>
/// <param name="Liquidations">so far</param>
internal sealed record DrillBlock(ulong After, ulong ChainSeconds, int UnderOne, int Liquidations);

/// <summary>An account that is still under health 1, and what the keeper last said of it.</summary>
/// <param name="Reason">the name of a refusal, or UnderWay, or NotJudged</param>
internal sealed record LeftAccount(string Account, Wad? Health, string Debt, Wad CollateralValue, string Reason, string Detail);

/// <param name="Realised">stable tokens of debt written off during the drill</param>
/// <param name="ByInsurance">of it, paid by insurance; the rest by the reserve or by lenders</param>
/// <param name="Uncovered">accounts that owe more than all they have</param>
/// <param name="DebtOverCollateral">by how much, in units of account</param>
internal sealed record BadDebt(string Realised, string ByInsurance, string ByReserve, string ByLenders, int Uncovered, Wad DebtOverCollateral);

/// <param name="Signer">the key that was made for the drill</param>
/// <param name="From">whose stable tokens it was given on the fork</param>
/// <param name="Stable">how many</param>
/// <param name="StableLeft">at the end</param>
/// <param name="StableMissing">at least so many more would have been needed for the accounts that are left as StableTooLow</param>
internal sealed record DrillMeans(Address Signer, IReadOnlyList<Address> From, string Stable, string StableLeft, string StableMissing);

/// <summary>What shows that the live chain was only read.</summary>
/// <param name="HeadAfter">it may have gone on by itself</param>
/// <param name="ForkBlockStands">the block of the fork is on the live chain as before</param>
/// <param name="SignerNonce">transactions of the drill's key on the live chain</param>
/// <param name="Asked">what the fork asked of the live node, by method: reads and nothing else pass</param>
/// <param name="TurnedAway">what it asked besides and did not get</param>
internal sealed record LiveUntouched(
    ulong HeadBefore, ulong HeadAfter, bool ForkBlockStands, ulong SignerNonce, IReadOnlyDictionary<string, int> Asked, IReadOnlyDictionary<string, int> TurnedAway)
{
    [JsonIgnore]
    public bool Holds => ForkBlockStands && SignerNonce == 0;
}
