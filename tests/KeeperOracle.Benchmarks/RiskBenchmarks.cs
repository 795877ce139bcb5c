using BenchmarkDotNet.Attributes;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Benchmarks;

/// <summary>
/// The same work as scripts/bench-risk, inside BenchmarkDotNet and with what each operation allocates.
/// </summary>
[MemoryDiagnoser]
public class RiskBenchmarks
{
    private readonly OptionColumns _market = BenchInputs.OptionMarket();
    private readonly double[][] _greeks = [.. Enumerable.Range(0, 5).Select(_ => new double[BenchInputs.Options])];
    private readonly AccountBatch _accounts = Books.Batch(BenchInputs.ManyAccounts());
    private readonly AccountRequirement[] _requirements = new AccountRequirement[BenchInputs.Accounts];
    private readonly AccountBatch.Workspace _workspace = new();
    private readonly AccountBatch _book = OneBook();
    private readonly AccountRequirement[] _requirement = new AccountRequirement[1];
    private readonly double[] _returns = BenchInputs.GarchReturns();
    private readonly GarchWorkspace _garch = new();

    [Benchmark(Description = "16,384 options: price, delta, gamma, vega, theta")]
    public void Greeks() => Black76Batch.Greeks(
        new OptionArrays(_market.Sign, _market.Forward, _market.Strike, _market.Years, _market.Volatility, _market.Rate),
        new GreekArrays(_greeks[0], _greeks[1], _greeks[2], _greeks[3], _greeks[4]));

    [Benchmark(Description = "16,384 options: price")]
    public void Prices() => Black76Batch.Prices(
        new OptionArrays(_market.Sign, _market.Forward, _market.Strike, _market.Years, _market.Volatility, _market.Rate), _greeks[0]);

    [Benchmark(Description = "10,000 accounts x 20 options x 23 scenarios")]
    public void Accounts() => _accounts.Assess(0, _requirements, _workspace);

    [Benchmark(Description = "1 account x 80 options x 31 scenarios")]
    public void Book() => _book.Assess(0, _requirement, _workspace);

    [Benchmark(Description = "GARCH(1,1), 2,000 returns, errors by Hessian, OPG and QML")]
    public Garch11Fit Garch() => Garch11.Fit(_returns, _garch);

    private static AccountBatch OneBook()
    {
        var book = BenchInputs.OneBook();
        return new AccountBatch([book.Underlying], book.Accounts);
    }
}
