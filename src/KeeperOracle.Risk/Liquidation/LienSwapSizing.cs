using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>What a mandate to swap under a lien allows now. The first five are swaps, by what ends them.</summary>
public enum LienSwapAnswer
{
    /// <summary>The target is reached.</summary>
    Restores,

    /// <summary>What the budget lets go at once ends first.</summary>
    BudgetEnds,

    /// <summary>What is counted of the lien ends first.</summary>
    CountedEnds,

    /// <summary>The cap of the token that comes ends first.</summary>
    RoomEnds,

    /// <summary>What the account may lose of its equity by one swap ends first.</summary>
    LossEnds,

    /// <summary>What is left is under the mandate's least.</summary>
    UnderLeast,

    /// <summary>What comes counts for no more than what goes: maintenance would not rise, now or with the factors of 24 hours ago.</summary>
    WouldNotImprove,

    /// <summary>Likewise: initial would not.</summary>
    InitialWouldFall,

    /// <summary>One of the two has no price.</summary>
    PriceMissing,

    /// <summary>One of the two liens is not in the account's list any more.</summary>
    NotAttached,
}

/// <summary>A request, or why there is none.</summary>
/// <param name="Limit">what ends the size</param>
/// <param name="Units">given; of an answer that is no swap what it was about</param>
/// <param name="MinOut">units that the hub will demand for them</param>
/// <param name="HealthAfter">with it carried out</param>
public readonly record struct PlannedLienSwap(LienSwapAnswer Answer, LienSwapAnswer Limit, BigInteger Units, BigInteger MinOut, Wad HealthBefore, Wad HealthAfter)
{
    public bool IsMade => Answer <= LienSwapAnswer.LossEnds;
}

/// <summary>
/// How much of a lien is swapped for another inside a mandate: the twin, to the unit, of contracts/libraries/LienSwaps.sol, whose head is the specification.
/// <code>
/// min out  m(u) = value of u, up, x (1 - max loss), up, / price of what comes, up
/// health   H(u) = (capacity - 2 wei + W(m(u)) - W(u)) / (D + R)                W as the hub counts units for maintenance, all rounded down
/// loss     l(u) = value of u, up - value of m(u), down, at most 1 % of equity
/// the hub takes u where H(u - 1) is not over the target, and W, that for initial and that of 24 hours ago are more for m(u) than for u, by over 2 wei
/// </code>
/// The size is the least u with H(u) at the target or over it, never under the mandate's least, and of that as much as budget, count, cap and loss leave. Where a unit of what comes is
/// worth many of what goes, m is a staircase: H rises at its steps and falls between them, so that only the first u of a step is looked at. So H(u - 1) is under the target whatever is
/// rounded. What the account lost by earlier swaps of the day is known to the hub alone (LossBudgetExhausted).
/// </summary>
public static class LienSwapSizing
{
    /// <summary>What a lien counts less once it is counted in two parts, at most: the hub takes it off before it compares.</summary>
    private static readonly Wad Rounding = new(2);

    private static readonly Wad LossWithinADay = new(Wad.Scale / 50);

    /// <summary>As the hub sees it before it lets anyone swap. Throws where nothing is owed or required.</summary>
    public static Wad HealthOf(AccountValuation valuation)
    {
        ArgumentNullException.ThrowIfNull(valuation);
        return HealthDown(CapacityOf(valuation), valuation);
    }

    /// <summary>Throws where the options have no requirement, and where nothing is owed or required.</summary>
    public static PlannedLienSwap Size(ChainSnapshot snapshot, AccountSnapshot account, LienSwapSnapshot mandate)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(mandate);
        var book = new Book(SnapshotValuation.Value(snapshot, account), mandate, snapshot.Block.Timestamp);
        PlannedLienSwap No(LienSwapAnswer answer) => new(answer, answer, 0, 0, book.Health, book.Health);
        if (!mandate.In.IsAttached || !mandate.Out.IsAttached)
        {
            return No(LienSwapAnswer.NotAttached);
        }

        if (mandate.In.Price.PerToken <= Wad.Zero || mandate.Out.Price.PerToken <= Wad.Zero)
        {
            return No(LienSwapAnswer.PriceMissing);
        }

        var bearable = BearableLoss(SnapshotValuation.EquityDown(snapshot, account));
        var (limit, most) = Limit(mandate, bearable);
        var needed = Needed(book, mandate, most);
        var units = BigInteger.Min(BigInteger.Max(needed ?? most, mandate.LeastUnits), most);
        return LossUp(mandate, units) > bearable
            ? book.Judge(LienSwapAnswer.UnderLeast, LienSwapAnswer.LossEnds, units) // the mandate's least is more than the account may lose
            : book.Judge(needed is null ? limit : LienSwapAnswer.Restores, limit, units);
    }

    /// <summary>What the mandate demands for so many units: the twin of the hub's own.</summary>
    public static BigInteger MinOutUp(LienSwapSnapshot mandate, BigInteger units)
    {
        ArgumentNullException.ThrowIfNull(mandate);
        var least = Wad.MultiplyDivideUp(ValueUp(mandate.In, units).Raw, Wad.Scale - mandate.MaxLoss.Raw, Wad.Scale);
        return Wad.MultiplyDivideUp(least, UnitOf(mandate.Out), mandate.Out.Price.PerToken.Raw);
    }

    /// <summary>Health with a swap of so many units carried out, at the prices of the snapshot. Throws as <see cref="Size"/>.</summary>
    public static Wad HealthAfter(ChainSnapshot snapshot, AccountSnapshot account, LienSwapSnapshot mandate, BigInteger units)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(mandate);
        return new Book(SnapshotValuation.Value(snapshot, account), mandate, snapshot.Block.Timestamp).HealthAfter(units);
    }

    /// <summary>What of what goes is lost in what comes, at the oracle's prices.</summary>
    public static Wad LossUp(LienSwapSnapshot mandate, BigInteger units)
    {
        ArgumentNullException.ThrowIfNull(mandate);
        var lost = ValueUp(mandate.In, units) - RemoteWorth.ValueDown(MinOutUp(mandate, units), mandate.Out.Price, UnitOf(mandate.Out));
        return lost > Wad.Zero ? lost : Wad.Zero;
    }

    /// <summary>What ends the size if the target does not, and the units at that end.</summary>
    private static (LienSwapAnswer Limit, BigInteger Most) Limit(LienSwapSnapshot mandate, Wad bearable)
    {
        var end = mandate.Available < mandate.In.Counted ? (LienSwapAnswer.BudgetEnds, mandate.Available) : (LienSwapAnswer.CountedEnds, mandate.In.Counted);
        var fitting = Largest(end.Item2, units => MinOutUp(mandate, units) <= mandate.OutRoom);
        end = fitting < end.Item2 ? (LienSwapAnswer.RoomEnds, fitting) : end;
        var affordable = Largest(end.Item2, units => LossUp(mandate, units) <= bearable);
        return affordable < end.Item2 ? (LienSwapAnswer.LossEnds, affordable) : end;
    }

    /// <summary>By one swap: half of what a day may cost.</summary>
    private static Wad BearableLoss(Wad equity) => equity > Wad.Zero ? new Wad(equity.MultiplyDown(LossWithinADay).Raw / 2) : Wad.Zero;

    /// <summary>The least units that restore the target; null where more than <paramref name="most"/> would be needed.</summary>
    private static BigInteger? Needed(in Book book, LienSwapSnapshot mandate, BigInteger most)
    {
        var (low, high) = (BigInteger.One, MinOutUp(mandate, most)); // of what comes
        var last = Giving(mandate, high, most);
        if (last.IsZero || book.HealthAfter(last) < mandate.TargetHealth)
        {
            return null;
        }

        while (low < high)
        {
            var middle = (low + high) >> 1;
            (low, high) = book.HealthAfter(Giving(mandate, middle, most)) >= mandate.TargetHealth ? (low, middle) : (middle + 1, high);
        }

        return Giving(mandate, low, most);
    }

    /// <summary>The fewest units, of at most so many, for which so much must come.</summary>
    private static BigInteger Giving(LienSwapSnapshot mandate, BigInteger minOut, BigInteger most) =>
        most.IsZero ? most : Largest(most - 1, units => MinOutUp(mandate, units) < minOut) + 1;

    /// <summary>The largest number from 0 to <paramref name="most"/> up to which it holds; of 0 it does.</summary>
    private static BigInteger Largest(BigInteger most, Func<BigInteger, bool> holds)
    {
        var (low, high) = (BigInteger.Zero, most);
        while (low < high)
        {
            var middle = (low + high + 1) >> 1;
            (low, high) = holds(middle) ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private static BigInteger UnitOf(LienHolding holding) => BigInteger.Pow(10, holding.Decimals);

    private static Wad ValueUp(LienHolding holding, BigInteger units) => new(Wad.MultiplyDivideUp(units, holding.Price.PerToken.Raw, UnitOf(holding)));

    private static Wad CapacityOf(AccountValuation valuation) => valuation.LiquidationCapacity > Rounding ? valuation.LiquidationCapacity - Rounding : Wad.Zero;

    private static Wad HealthDown(Wad capacity, AccountValuation valuation) =>
        AccountHealth.Health(capacity, valuation.Debt + valuation.MaintenanceRequirement) ?? throw new ArgumentException("Nothing is owed or required.", nameof(valuation));

    /// <summary>What the account would be with a swap carried out.</summary>
    private readonly struct Book(AccountValuation valuation, LienSwapSnapshot mandate, ulong now)
    {
        public Wad Health => HealthOf(valuation);

        public Wad HealthAfter(BigInteger units) => HealthDown(
            CapacityOf(valuation) + Maintenance(mandate.Out, MinOutUp(mandate, units)) - Maintenance(mandate.In, units), valuation);

        public PlannedLienSwap Judge(LienSwapAnswer answer, LienSwapAnswer limit, BigInteger units)
        {
            var minOut = MinOutUp(mandate, units);
            var judged = answer == LienSwapAnswer.UnderLeast || units < mandate.LeastUnits || units.IsZero ? LienSwapAnswer.UnderLeast
                : IsNoMore(Maintenance, units, minOut) || IsNoMore(Past, units, minOut) ? LienSwapAnswer.WouldNotImprove
                : IsNoMore(Initial, units, minOut) ? LienSwapAnswer.InitialWouldFall
                : answer;
            return new PlannedLienSwap(judged, limit, units, minOut, Health, HealthAfter(units));
        }

        private bool IsNoMore(Func<LienHolding, BigInteger, Wad> counts, BigInteger units, BigInteger minOut) =>
            counts(mandate.Out, minOut) <= counts(mandate.In, units) + Rounding;

        private Wad Maintenance(LienHolding lien, BigInteger units) => Counts(lien, units, lien.LiquidationThreshold, lien.MaintenanceVolatility, lien.FinalityLagSeconds);

        private Wad Past(LienHolding lien, BigInteger units) => Counts(lien, units, lien.PastThreshold, lien.PastVolatility, lien.FinalityLagSeconds);

        /// <summary>Both at the age that the observation of the lien that gives has now.</summary>
        private Wad Initial(LienHolding lien, BigInteger units) => Counts(
            lien, units, lien.BorrowFactor, lien.InitialVolatility, RemoteWorth.AgeAtLeast(now, mandate.In.ObservedAt, lien.FinalityLagSeconds));

        private static Wad Counts(LienHolding lien, BigInteger units, Wad factor, Wad volatility, ulong age) =>
            RemoteWorth.WeightedDown(RemoteWorth.ValueDown(units, lien.Price, UnitOf(lien)), factor, RemoteWorth.HaircutUp(volatility, age));
    }
}
