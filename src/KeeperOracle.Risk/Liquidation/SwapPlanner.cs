using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>One way to swap, in token units, with the account before and after it.</summary>
/// <param name="Answer">only <see cref="SwapAnswer.Swap"/> restores the target; else the limit that comes first</param>
/// <param name="MinAmountOut">what the transaction is to insist on</param>
/// <param name="HealthAfter">with the tip paid; null where nothing is owed any more</param>
/// <param name="ValueIn">at the oracle's price, rounded up, as the vault counts it</param>
/// <param name="ValueOut">rounded down</param>
public sealed record PlannedSwap(
    SwapAnswer Answer,
    SwapPoolSnapshot Pool,
    Address TokenIn,
    Address TokenOut,
    BigInteger AmountIn,
    BigInteger AmountOut,
    BigInteger MinAmountOut,
    Wad HealthBefore,
    Wad? HealthAfter,
    Wad ValueIn,
    Wad ValueOut)
{
    /// <summary>What is lost at the oracle's prices, the tip aside; negative where the pool pays more.</summary>
    public Wad Loss => ValueIn - ValueOut;

    /// <summary>Loss as a share of what is sold; zero where nothing is.</summary>
    public Wad Slippage => ValueIn == Wad.Zero ? Wad.Zero : Loss.DivideDown(ValueIn);
}

/// <summary>
/// The swaps that a mandate allows an account now: for each pair that it names, and each pool of the pair, the least that restores the target
/// (<see cref="SwapSizing"/>), rounded up to the token's unit and then quoted exactly (<see cref="PoolQuote"/>).
/// <para>The limits are those of contracts/libraries/Defence.sol: the mandate's slippage under the oracle's price; at most 1 % of equity lost by one swap, and
/// half of the mandate's loss budget at once; never more than restores the target at the worst price (`soldUp`). What is left of the budgets is known to
/// the vault alone. The mandate's tip is paid out of the account where the target holds after it, so it is a debt to be restored too.</para>
/// <para>Until the swap is mined debt grows and thresholds may fall: one part in ten thousand of what is owed is restored beyond the target.</para>
/// </summary>
public static class SwapPlanner
{
    private const int MarginParts = 10_000;
    private const int StableBit = 15;
    private const double LossOfOneSwap = .01;

    /// <summary>Slack of the vault's own sizing (contracts/libraries/DefenceMath.sol).</summary>
    private static readonly BigInteger Rounding = 2;

    /// <summary>The best way: of those that restore the target the one that loses least, else the one that comes furthest; null where there is no way at all.</summary>
    /// <param name="tolerance">how much less than quoted is taken, for a pool that moves until then; never less than the mandate allows</param>
    public static PlannedSwap? Best(ChainSnapshot snapshot, AccountSnapshot account, SwapMandateSnapshot mandate, Bps tolerance)
    {
        PlannedSwap? best = null;
        foreach (var way in Ways(snapshot, account, mandate, tolerance))
        {
            var isBetter = best is null
                || Rank(way.Answer) > Rank(best.Answer)
                || (Rank(way.Answer) == Rank(best.Answer) && (way.Answer == SwapAnswer.Swap ? way.Loss < best.Loss : IsHigher(way.HealthAfter, best.HealthAfter)));
            best = isBetter ? way : best;
        }

        return best;
    }

    /// <summary>
    /// Every way, by pool and then by which of its tokens is sold. A token that the account does not hold or that has no price is no way; an account that owes
    /// nothing has none.
    /// </summary>
    public static IEnumerable<PlannedSwap> Ways(ChainSnapshot snapshot, AccountSnapshot account, SwapMandateSnapshot mandate, Bps tolerance)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        var valuation = SnapshotValuation.Value(snapshot, account);
        if (valuation.Health is null)
        {
            yield break;
        }

        foreach (var pool in snapshot.SwapPools)
        {
            foreach (var isFirst in (bool[])[true, false])
            {
                var (tokenIn, tokenOut) = isFirst ? (pool.Token0, pool.Token1) : (pool.Token1, pool.Token0);
                if (Side(snapshot, tokenIn, mandate, isIn: true) is { Bit: not StableBit } sold && account.Collateral[sold.Bit].Sign > 0
                    && Side(snapshot, tokenOut, mandate, isIn: false) is { } bought)
                {
                    yield return new Way(snapshot, account, valuation, mandate, pool, isFirst, sold, bought).Plan(tolerance);
                }
            }
        }
    }

    private static bool IsHigher(Wad? health, Wad? than) => than is { } known && (health is not { } other || other > known);

    /// <summary>Why a swap is not made matters most where it nearly was.</summary>
    private static int Rank(SwapAnswer answer) => answer switch
    {
        SwapAnswer.Swap => 6,
        SwapAnswer.EquityLossOverLimit => 5,
        SwapAnswer.SlippageOverLimit => 4,
        SwapAnswer.VenueTooShallow => 3,
        SwapAnswer.CollateralTooSmall or SwapAnswer.MandateTooSmall => 2,
        SwapAnswer.HealthWouldNotImprove => 1,
        _ => 0,
    };

    /// <summary>One token of a pair: its bit in the masks, its price and threshold; null where the mandate does not name it or it has no price.</summary>
    private static TokenSide? Side(ChainSnapshot snapshot, Address token, SwapMandateSnapshot mandate, bool isIn)
    {
        var mask = isIn ? mandate.AllowedIn : mandate.AllowedOut;
        if (token == snapshot.Market.Stable)
        {
            // Repaying a debt is worth the target health: so much less must be held up.
            return !isIn && (mask >> StableBit & 1) == 1 ? new TokenSide(StableBit, token, snapshot.Market.StableDecimals, Wad.One, mandate.TargetHealth) : null;
        }

        for (var i = 0; i < Math.Min(StableBit, snapshot.Assets.Length); i++)
        {
            var asset = snapshot.Assets[i];
            if (asset.Token == token)
            {
                return (mask >> i & 1) == 1 && asset.HasPrice() && asset.Price.PerToken > Wad.Zero
                    ? new TokenSide(i, token, asset.Decimals, asset.Price.PerToken, asset.LiquidationThreshold)
                    : null;
            }
        }

        return null;
    }

    private sealed record TokenSide(int Bit, Address Token, int Decimals, Wad Price, Wad Effect)
    {
        private BigInteger Unit => BigInteger.Pow(10, Decimals);

        public double Whole(BigInteger units) => (double)units / (double)Unit;

        public BigInteger UnitsUp(double tokens) => Wad.MultiplyDivideUp(Wad.FromDoubleUp(tokens).Raw, Unit, Wad.Scale);

        public BigInteger UnitsUp(Wad value) => Wad.MultiplyDivideUp(value.Raw, Unit, Price.Raw);

        public Wad ValueUp(BigInteger units) => new(Wad.MultiplyDivideUp(units, Price.Raw, Unit));

        public Wad ValueDown(BigInteger units) => new(Wad.MultiplyDivideDown(units, Price.Raw, Unit));

        public Collateral Held(BigInteger units) => new(Token.ToString(), Whole(units), Price.ToDouble(), Effect.ToDouble());
    }

    /// <summary>One pair at one pool.</summary>
    private sealed record Way(
        ChainSnapshot Snapshot,
        AccountSnapshot Account,
        AccountValuation Valuation,
        SwapMandateSnapshot Mandate,
        SwapPoolSnapshot Pool,
        bool IsFirst,
        TokenSide In,
        TokenSide Out)
    {
        private BigInteger Balance => Account.Collateral[In.Bit];

        private Wad Tip => AccountHealth.DebtValue(Mandate.Tip, Snapshot.Market.StableDecimals);

        private Wad Owed => Valuation.Debt + Valuation.MaintenanceRequirement + Tip;

        public PlannedSwap Plan(Bps tolerance)
        {
            var plan = SwapSizing.Size(
                new AccountMargin(
                    Valuation.LiquidationCapacity.ToDouble(), Valuation.Debt.ToDouble(), Valuation.MaintenanceRequirement.ToDouble()),
                SnapshotValuation.EquityDown(Snapshot, Account).ToDouble(),
                In.Held(Balance),
                Out.Held(BigInteger.Zero),
                PoolQuote.Venue(Pool, IsFirst, In.Decimals, Out.Decimals),
                new SwapMandate([In.Token.ToString()], [Out.Token.ToString()], In.Whole(Balance), Mandate.MaxSlippage.ToDouble(), MaxLossShare()),
                Target());
            var amount = BigInteger.Min(In.UnitsUp(plan.AmountIn), LimitUp());
            return plan.Answer == SwapAnswer.Swap ? Exactly(amount, tolerance) : At(plan.Answer, amount, PoolQuote.AmountOut(Pool, IsFirst, amount) ?? 0, 0);
        }

        /// <summary>Of what is owed now so much that the mandate's target holds for what will be owed: the tip and the margin are no debt yet.</summary>
        private double Target()
        {
            var owed = (Valuation.Debt + Valuation.MaintenanceRequirement).ToDouble();
            return Mandate.TargetHealth.ToDouble() * (Owed + new Wad(Owed.Raw / MarginParts)).ToDouble() / owed;
        }

        /// <summary>As the vault will count it: a limit that the double met by a hair is met here to the unit.</summary>
        private PlannedSwap Exactly(BigInteger amount, Bps tolerance)
        {
            if (PoolQuote.AmountOut(Pool, IsFirst, amount) is not { } quoted)
            {
                return At(SwapAnswer.VenueTooShallow, 0, 0, 0);
            }

            var least = new Wad(Wad.MultiplyDivideUp(In.ValueUp(amount).Raw, Wad.Scale - Mandate.MaxSlippage.Raw, Wad.Scale));
            var minimum = BigInteger.Max(Out.UnitsUp(least), quoted * (10_000 - tolerance.Value) / 10_000);
            var planned = At(SwapAnswer.Swap, amount, quoted, minimum);
            return Out.ValueDown(quoted) < least ? planned with { Answer = SwapAnswer.SlippageOverLimit }
                : !IsHigher(planned.HealthAfter, planned.HealthBefore) ? planned with { Answer = SwapAnswer.HealthWouldNotImprove }
                : planned;
        }

        private PlannedSwap At(SwapAnswer answer, BigInteger amountIn, BigInteger amountOut, BigInteger minimum)
        {
            var before = Valuation.Health!.Value;
            var after = amountIn.IsZero ? before : SnapshotValuation.Value(Snapshot, After(amountIn, amountOut)).Health;
            return new PlannedSwap(
                answer, Pool, In.Token, Out.Token, amountIn, amountOut, minimum, before, after, In.ValueUp(amountIn), Out.ValueDown(amountOut));
        }

        private AccountSnapshot After(BigInteger amountIn, BigInteger amountOut)
        {
            var collateral = Account.Collateral.SetItem(In.Bit, Balance - amountIn);
            var owed = Snapshot.Market.DebtOf(Account) + Mandate.Tip - Account.Credit;
            if (Out.Bit == StableBit)
            {
                owed -= amountOut;
            }
            else
            {
                collateral = collateral.SetItem(Out.Bit, collateral[Out.Bit] + amountOut);
            }

            return Account with
            {
                Collateral = collateral,
                Credit = BigInteger.Max(0, -owed),
                DebtShares = BigInteger.Max(0, owed) * MarketSnapshot.ShareScale / Snapshot.Market.BorrowIndex,
            };
        }

        /// <summary>The share of equity that the price may cost; the tip, which is a loss too, is taken off.</summary>
        private double MaxLossShare()
        {
            var equity = SnapshotValuation.EquityDown(Snapshot, Account).ToDouble();
            var most = Math.Min(LossOfOneSwap, Mandate.LossBudget.ToDouble() / 2);
            return equity > 0 ? Math.Max(0, most - (Tip.ToDouble() / equity)) : 0;
        }

        /// <summary>The most that the vault lets anyone sell: the twin of Defence._limitUp.</summary>
        private BigInteger LimitUp()
        {
            var wanted = Wad.MultiplyDivideUp(Owed.Raw, Mandate.TargetHealth.Raw, Wad.Scale);
            var missing = wanted > Valuation.LiquidationCapacity.Raw ? wanted - Valuation.LiquidationCapacity.Raw + Rounding : BigInteger.Zero;
            var received = Wad.MultiplyDivideDown(Out.Effect.Raw, Wad.Scale - Mandate.MaxSlippage.Raw, Wad.Scale);
            if (received <= In.Effect.Raw)
            {
                return Balance;
            }

            var sold = new Wad(Wad.MultiplyDivideUp(missing, Wad.Scale, received - In.Effect.Raw));
            return sold >= In.ValueUp(Balance) ? Balance : In.UnitsUp(sold);
        }
    }
}
