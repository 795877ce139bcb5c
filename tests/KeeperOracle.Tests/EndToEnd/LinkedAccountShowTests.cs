using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.Host.Shows;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>`account show OWNER` on two live chains with a lien between them, and after one of the chains has died. Expected numbers are worked out here from what the contracts say.</summary>
[Collection(EndToEndCollections.Demo)]
public sealed class LinkedAccountShowTests : IAsyncLifetime
{
    private const double Z99 = 2.3263478740408408;
    private const double SecondsPerYear = 365 * 86_400;
    private const double Price = 3000;
    private const double Locked = 40;
    private const double OnA = 5;
    private const double OnB = 10;
    private const double Borrowed = 60_000;
    private static readonly HourlyPrices Prices = new(Price, 60_000);
    private static readonly CancellationToken None = CancellationToken.None;
    private TwoChainStage _stage = null!;
    private ChildProcess? _keeper;

    public async Task InitializeAsync()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        _stage = await TwoChainStage.SetAsync(tools, null, None);
        await _stage.StartOraclesAsync(None);
        await _stage.StartRelayAsync(None);
        _keeper = ChildProcess.StartSelf("keeper", _stage.Directory, "run", "-c", DemoConfiguration.Common(_stage.Directory), "-c", DemoConfiguration.Keeper(_stage.Directory));
    }

    public async Task DisposeAsync()
    {
        if (_keeper is not null)
        {
            await _keeper.DisposeAsync();
        }

        await _stage.DisposeAsync();
    }

    private StageChain A => _stage.A;

    private StageChain B => _stage.B;

    private Address Alice => B.Chain.Accounts[5];

    private Hash32 Account => StageChain.AccountOf(Alice, 0);

    private string JournalFile => Path.Combine(_stage.Directory, "journal.db");

    /// <summary>One story, since the chains take longer to stand than to play it. In the end chain A is killed, and nothing that it secures grows or is liquidated by that.</summary>
    [Fact]
    public async Task F01_Show_LienThenDeadChain_CountsByItsAgeAndLiquidatesNobody()
    {
        var lien = await A.LockAsync(Alice, A.Deployment.Assets[0], Locked, B, Account, None);
        await _stage.CountAsync(A, lien, Alice, None);
        await AddCollateralAsync(A, OnA);
        await AddCollateralAsync(B, OnB);
        await B.SendAsync(Alice, B.Deployment.Addresses.MarginVault, new MarginVault.BorrowFunction(Account, new BigInteger(Borrowed * 1e6), Alice, []), None);
        await _stage.WaitAsync(30, None);
        await _stage.SetPricesAsync(Prices, None);
        await SeenAsync(A, B);

        // Two of three nodes of each chain answer, and must agree; the third is nobody.
        WriteNodes();
        var alive = await ShowAsync(0);
        var (im, mm, rows) = await ExpectedAsync(lien, null);
        Close(im, alive.Margin.Number("im"));
        Close(mm, alive.Margin.Number("mm"));
        Close((mm + Borrowed) / Borrowed, alive.Margin.Number("health"), 1e-5);
        Assert.Equal([$"{A.Chain.Id}", $"{B.Chain.Id}", $"{A.Chain.Id} by liens on {B.Chain.Id}"], alive.Rows.Select(row => row.GetProperty("chain").GetString()));
        Compare(rows, alive.Rows);
        Assert.Empty(alive.Shown.GetProperty("unread").EnumerateArray());
        Assert.Equal(2, alive.Shown.GetProperty("accounts").GetArrayLength());

        // Chain A ends. B goes on, and its prices stand.
        var last = (await A.Chain.Eth.GetLatestBlockAsync(None)).Ref;
        await A.Chain.KillAsync();
        var (before, age) = (alive, 0.0);
        foreach (var hours in (int[])[1, 3])
        {
            await B.Market.SetPricesAsync(Prices, await B.NowAsync(None) + ((ulong)hours * TwoChainStage.Hour), None);
            await SeenAsync(B);
            var dead = await ShowAsync(4);
            (im, mm, rows) = await ExpectedAsync(lien, last);
            Close(im, dead.Margin.Number("im"));
            Close(mm, dead.Margin.Number("mm"));
            Compare(rows, dead.Rows);
            Assert.True(dead.Rows[0].GetProperty("silent").GetBoolean());
            Assert.Equal(0, dead.Rows[0].Number("initialCapacity"));
            Assert.Equal(last.Number, Assert.Single(dead.Shown.GetProperty("unread").EnumerateArray()).GetProperty("lastKnownBlock").GetUInt64());
            Assert.Contains($"Chain {A.Chain.Id} cannot be read, its state of block {last.Number} in the journal stands in", dead.Errors, StringComparison.Ordinal);

            // Capacity never grows by it. For maintenance what A secures on B stands as it did, and what is on A itself is cut by the lag that B's governance set for A.
            Assert.True(dead.Margin.Number("im") < before.Margin.Number("im"), "initial margin grew by silence");
            Assert.True(Haircut(dead.Rows[2]) > Haircut(before.Rows[2]), "the lien's haircut did not grow with its age");
            Assert.True(dead.Rows[2].Number("countedAgeSeconds") > age + (hours * 3600) - 1);
            Close(alive.Rows[2].Number("maintenanceCapacity"), dead.Rows[2].Number("maintenanceCapacity"));
            Assert.InRange(dead.Rows[0].Number("maintenanceCapacity") / alive.Rows[0].Number("maintenanceCapacity"), .98, 1);
            Assert.True(dead.Margin.Number("mm") <= before.Margin.Number("mm"), "maintenance margin grew by silence");
            (before, age) = (dead, dead.Rows[2].Number("countedAgeSeconds"));
        }

        await NobodyIsLiquidatedAsync();
        var table = await RunAsync("account", "show", Eip55.Format(Alice));
        Assert.Contains($"{A.Chain.Id} (silent)", table.Output, StringComparison.Ordinal);
        Assert.Contains("haircut, initial", table.Output, StringComparison.Ordinal);
    }

    private async Task AddCollateralAsync(StageChain side, double tokens)
    {
        var (weth, vault) = (side.Deployment.Assets[0], side.Deployment.Addresses.MarginVault);
        await side.SendAsync(Alice, weth.Token, new MockToken.MintFunction(Alice, weth.Units(tokens)), None);
        await side.SendAsync(Alice, weth.Token, new MockToken.ApproveFunction(vault, weth.Units(tokens)), None);
        await side.SendAsync(Alice, vault, new MarginVault.AddCollateralFunction(Account, weth.Token, weth.Units(tokens)), None);
    }

    /// <summary>Until the keeper has decided about the heads of these chains.</summary>
    private async Task SeenAsync(params StageChain[] sides)
    {
        var progress = new KeeperProgress(JournalFile);
        foreach (var side in sides)
        {
            var head = (await side.Chain.Eth.GetLatestBlockAsync(None)).Ref.Number;
            await Until.TrueAsync(() => progress.Update() && progress.IsQuietAt(side.Chain.Id, head), $"the keeper has seen block {head} of chain {side.Chain.Id}");
            Assert.False(_keeper!.HasExited, "the keeper has ended by itself");
        }
    }

    private void WriteNodes()
    {
        var root = JsonNode.Parse(File.ReadAllText(DemoConfiguration.Common(_stage.Directory)))!;
        foreach (var side in (StageChain[])[A, B])
        {
            var chain = root["KeeperOracle"]!["Chains"]![$"{side.Chain.Id}"]!.AsObject();
            JsonObject Node(string name, string host, int port) => new() { ["Name"] = name, ["Url"] = $"http://{host}:{port}/" };
            chain["Rpc"] = new JsonArray(Node("one", "127.0.0.1", side.Chain.Url.Port), Node("two", "localhost", side.Chain.Url.Port), Node("nobody", "127.0.0.1", 1));
            chain["ReadQuorum"] = 2;
        }

        File.WriteAllText(Path.Combine(_stage.Directory, "three-nodes.json"), root.ToJsonString());
    }

    private Task<ProductResult> RunAsync(params string[] arguments) =>
        ProductProcess.RunInAsync(_stage.Directory, [.. arguments, "-c", "three-nodes.json", "-c", DemoConfiguration.Keeper(_stage.Directory)]);

    private async Task<Answer> ShowAsync(int exitCode)
    {
        var result = await RunAsync("account", "show", Eip55.Format(Alice), "-o", "json");
        Assert.True(result.ExitCode == exitCode, result.ToString());
        var shown = JsonDocument.Parse(result.Output).RootElement;
        return new Answer(shown, shown.GetProperty("margin"), [.. shown.GetProperty("margin").GetProperty("chains").EnumerateArray()], result.Errors);
    }

    private sealed record Answer(JsonElement Shown, JsonElement Margin, IReadOnlyList<JsonElement> Rows, string Errors);

    /// <param name="Age">that counts: since the observation, and at least the lag</param>
    private sealed record Row(double Age, double Initial, double Maintenance);

    /// <summary>units x price x factor x (1 - z99 sigma sqrt(age)), row by row, less the debt of the contract.</summary>
    /// <param name="lastOfA">where A is dead: what it secures by itself counts nothing for new risk, and for maintenance by the lag that B's governance set</param>
    private async Task<(double Im, double Mm, Row[] Rows)> ExpectedAsync(ulong lien, BlockRef? lastOfA)
    {
        var now = await B.NowAsync(None);
        var headOfA = lastOfA ?? (await A.Chain.Eth.GetLatestBlockAsync(None)).Ref;
        now = Math.Max(now, headOfA.Timestamp);
        var factors = await B.CallAsync(B.Deployment.Addresses.RiskOracle, new RiskOracle.FactorsFunction(B.Deployment.Assets[0].Token), None);
        var onHub = await _stage.OnHubAsync(A, lien, None);
        var source = await B.CallAsync(B.CrossChain.MarginHub, new MarginHub.SourceChainOfFunction(A.Chain.Id.Value), None);
        var lagOfA = lastOfA is null ? headOfA.Timestamp - (await A.Chain.Eth.GetBlockByTagAsync("finalized", None))!.Value.Ref.Timestamp : source.FinalityLag;
        var valuation = await B.CallAsync(B.Deployment.Addresses.MarginVault, new MarginVault.ValuationFunction(Account), None);
        Assert.Equal(Locked, (double)onHub.Counted / 1e18);

        Row Of(double units, double age, double lag, bool isSilent)
        {
            double Left(BigInteger volatility, double seconds) => 1 - (Z99 * (double)volatility / 1e18 * Math.Sqrt(seconds / SecondsPerYear));
            var counted = Math.Max(Math.Max(0, age), lag);
            return new Row(
                counted,
                isSilent ? 0 : units * Price * (double)factors.BorrowFactor / 1e18 * Left(factors.InitialVolatility, counted),
                units * Price * (double)factors.LiquidationThreshold / 1e18 * Left(factors.MaintenanceVolatility, lag));
        }

        Row[] rows =
        [
            Of(OnA, (double)now - headOfA.Timestamp, lagOfA, lastOfA is not null),
            Of(OnB, 0, 0, false),
            Of(Locked, (double)now - onHub.ObservedAt, source.FinalityLag, false),
        ];
        var debt = (double)valuation.Debt / 1e18;
        return (rows.Sum(row => row.Initial) - debt, rows.Sum(row => row.Maintenance) - debt, rows);
    }

    private static void Compare(Row[] expected, IReadOnlyList<JsonElement> shown)
    {
        Assert.Equal(expected.Length, shown.Count);
        foreach (var (row, chain) in expected.Zip(shown))
        {
            Close(row.Age, chain.Number("countedAgeSeconds"));
            Close(row.Initial, chain.Number("initialCapacity"));
            Close(row.Maintenance, chain.Number("maintenanceCapacity"));
        }
    }

    private static double Haircut(JsonElement row) => Assert.Single(row.GetProperty("collaterals").EnumerateArray()).Number("initialHaircut");

    private async Task NobodyIsLiquidatedAsync()
    {
        using (var journal = KeeperOracle.Host.Journal.Journal.OpenReadOnly(JournalFile))
        {
            Assert.DoesNotContain(journal.RecentIntents(1000), intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal));
        }

        var logs = await B.LogsAsync(B.Deployment.Addresses.MarginVault, None);
        Assert.DoesNotContain(logs, log => MarginVault.LiquidatedEvent.TryDecode(log, out _));
        var health = await B.CallAsync(B.Deployment.Addresses.MarginVault, new MarginVault.HealthFunction(Account), None);
        Assert.True((double)health / 1e18 > 1, health.ToString(CultureInfo.InvariantCulture));
    }

    private static void Close(double expected, double actual, double tolerance = 1e-6) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual} and not {expected}");
}
