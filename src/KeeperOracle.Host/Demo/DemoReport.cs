using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>Everything a run of the demo found; what `-o json` writes. Values as decimals, times as chain seconds.</summary>
public sealed record DemoReport(
    string Prices,
    int Seed,
    int Hours,
    string Directory,
    IReadOnlyList<ChainReport> Chains,
    int KeeperRestarts,
    string Replay,
    IReadOnlyList<Expectation> Expectations)
{
    public bool Passed => Expectations.All(expectation => expectation.Held);
}

/// <summary>One chain of a run.</summary>
/// <param name="GasUsed">by the keeper, over all its transactions</param>
/// <param name="GasCost">in native units</param>
public sealed record ChainReport(
    ChainId Chain,
    string Name,
    IReadOnlyList<ReportUpdate> Updates,
    IReadOnlyList<LiquidationReport> Liquidations,
    int Accounts,
    int LeftAlone,
    string BadDebt,
    string TotalDebt,
    int Transactions,
    ulong GasUsed,
    string GasCost,
    IReadOnlyList<AssetReport> Assets,
    IReadOnlyDictionary<string, int> Refusals);

/// <summary>A report that the risk oracle took: a whole one, or a tightening of initial margin.</summary>
public sealed record ReportUpdate(string Kind, ulong Epoch, string Asset, string From, string To, ulong Block, ulong Gas);

/// <summary>Who was liquidated and why.</summary>
public sealed record LiquidationReport(
    string Account, ulong Block, string HealthBefore, string HealthAfter, string Repaid, IReadOnlyList<string> Seized, ulong Gas, string Why);

/// <summary>One collateral over the run.</summary>
public sealed record AssetReport(
    string Symbol,
    string FirstPrice,
    string LowestPrice,
    string LastPrice,
    string FirstVolatility,
    string PeakVolatility,
    string FirstBorrowFactor,
    string LowestBorrowFactor,
    string FirstThreshold,
    string LowestThreshold);

/// <summary>Something that must hold, whether it did, and the numbers.</summary>
public sealed record Expectation(string Name, bool Held, string Detail);
