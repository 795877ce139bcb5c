using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>What one holder has on several chains, with the one market in which all of it is valued.</summary>
/// <param name="Underlyings">of the legs of all chains</param>
/// <param name="Chains">each chain once</param>
/// <param name="StablePrice">units of account a stable unit, on every chain</param>
public sealed record LinkedAccounts(IReadOnlyList<Underlying> Underlyings, IReadOnlyList<ChainAccount> Chains, double StablePrice = 1)
{
    public const int MostChains = 16;

    /// <summary>Silent chains with legs: every choice of them is margined.</summary>
    public const int MostSilentWithLegs = 6;

    /// <summary>
    /// Refuses by name, with the place as a path such as chains[1].valueCap: `NoChains`, `TooManyChains`, `TooManySilentChains`,
    /// `DuplicateChain`, `NotFinite`, `OutOfRange`, and what <see cref="PortfolioCheck"/> refuses.
    /// </summary>
    public void Require()
    {
        if (Chains.Count == 0)
        {
            throw new RiskInputException("NoChains", "There is no chain: name at least one with what it holds.");
        }

        if (Chains.Count > MostChains)
        {
            throw new RiskInputException("TooManyChains", $"There are {Chains.Count} chains; at most {MostChains} are taken.");
        }

        var silent = Chains.Count(chain => chain.Silent && chain.Legs.Count > 0);
        if (silent > MostSilentWithLegs)
        {
            throw new RiskInputException(
                "TooManySilentChains",
                $"{silent} silent chains have legs; at most {MostSilentWithLegs} are taken, for every choice of them is margined.");
        }

        PortfolioCheck.RequireMarkets(Underlyings, StablePrice);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Chains.Count; i++)
        {
            if (!names.Add(Chains[i].Chain))
            {
                throw new RiskInputException("DuplicateChain", $"chains[{i}]: {Chains[i].Chain} stands twice; give each chain once.");
            }

            Chains[i].Require(Underlyings, $"chains[{i}]");
        }
    }
}

/// <summary>The accounts on one chain, as they were last seen.</summary>
/// <param name="Chain">its name</param>
/// <param name="AgeSeconds">now less the time of the observation; negative where it is dated in the future, which counts as zero</param>
/// <param name="FinalityLagSeconds">after which a block of the chain is final; zero where nothing has to be waited for</param>
/// <param name="Legs">options and perpetuals</param>
/// <param name="Debt">borrowed units of account, at least zero</param>
/// <param name="Cash">stable units held (positive) or owed (negative)</param>
/// <param name="ValueCap">units of account of cash and collateral that count at most; null for no cap</param>
/// <param name="Silent">whether nobody can say what the chain holds now, so that this is its last known state</param>
public sealed record ChainAccount(
    string Chain,
    double AgeSeconds,
    double FinalityLagSeconds,
    IReadOnlyList<Leg> Legs,
    IReadOnlyList<ChainCollateral> Collaterals,
    double Debt = 0,
    double Cash = 0,
    double? ValueCap = null,
    bool Silent = false)
{
    internal void Require(IReadOnlyList<Underlying> underlyings, string path)
    {
        PortfolioCheck.Amount(AgeSeconds, path, ".ageSeconds");
        PortfolioCheck.Seconds(RemoteCapacity.CountedAge(AgeSeconds, 0), path, ".ageSeconds");
        PortfolioCheck.Seconds(FinalityLagSeconds, path, ".finalityLagSeconds");
        PortfolioCheck.NotNegative(Debt, path, ".debt");
        PortfolioCheck.Amount(Cash, path, ".cash");
        PortfolioCheck.NotNegative(ValueCap ?? 0, path, ".valueCap");
        for (var i = 0; i < Legs.Count; i++)
        {
            PortfolioCheck.RequireLeg(Legs[i], underlyings, $"{path}.legs[{i}]");
        }

        for (var i = 0; i < Collaterals.Count; i++)
        {
            var (held, place) = (Collaterals[i], $"{path}.collaterals[{i}]");
            PortfolioCheck.RequireCollateral(
                new Collateral(held.Asset, held.Amount, held.Price, held.LiquidationThreshold, held.BorrowFactor, held.Volatility), place);
            PortfolioCheck.Volatility(held.InitialVolatility ?? 0, place, ".initialVolatility");
        }
    }
}

/// <summary>One collateral on one chain; the same asset may stand on several.</summary>
/// <param name="Amount">tokens, at least zero</param>
/// <param name="Price">units of account a token</param>
/// <param name="LiquidationThreshold">LT, a fraction</param>
/// <param name="BorrowFactor">BF, a fraction</param>
/// <param name="Volatility">annualised, in force for maintenance; zero for the unit of account</param>
/// <param name="InitialVolatility">in force for initial margin, which follows the market at once; null where it is the same</param>
public sealed record ChainCollateral(
    string Asset,
    double Amount,
    double Price,
    double LiquidationThreshold,
    double BorrowFactor,
    double Volatility = 0,
    double? InitialVolatility = null)
{
    public double Value => Amount * Price;
}
