using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Reports;
using KeeperOracle.Host.Signer;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Surfaces;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.OracleNode;

/// <summary>
/// Builds an oracle node from its configuration and runs it: `keeperoracle oracle run`. It follows every configured chain with its own
/// reads, its own key and its own record of what it has attested, and answers GET /api/v1/observations/{chain} and GET /api/v1/headers/{of}/{on} on loopback. It sends no transaction and knows no other node.
/// </summary>
public static class OracleHost
{
    public static async Task<int> RunAsync(KeeperOracleOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            _ = Sources(options.Oracle);
        }
        catch (InputFileException refused)
        {
            await Console.Error.WriteLineAsync($"KeeperOracle:Oracle:BacktestReport: {refused.Message}");
            return ExitCode.ConfigurationInvalid;
        }

        using var key = new RecordedSigner(
            await SignerKeys.OpenSignerAsync(options.FindKey(options.Oracle.Key!)!, time, cancellationToken), SignGuard.Open(options.Oracle.RecordFile!, time));
        var chains = options.Chains.Select(chain => new ChainAccess(chain, time)).ToList();
        try
        {
            return await StartChecks.RefuseAsync(chains, options.Quorum, keeper: null, reporter: null, key.Address, options.Oracle.SurfaceFile is not null, cancellationToken)
                ?? await ServeAsync(options, chains, key, time, cancellationToken);
        }
        finally
        {
            chains.ForEach(chain => chain.Dispose());
        }
    }

    private static async Task<int> ServeAsync(
        KeeperOracleOptions options, List<ChainAccess> chains, RecordedSigner key, TimeProvider time, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Logs.Configure(builder.Logging);
        builder.WebHost.UseKestrelCore().UseUrls(options.Oracle.ListenUrl.ToString());
        builder.Services.AddRoutingCore();
        var (board, headers) = (new ObservationBoard(), new HeaderBoard());
        builder.Services.AddSingleton(services => new OracleWorker(
            [.. chains.Select(chain => Lane(options, chain, key, board, services.GetRequiredService<ILogger<OracleLane>>()))],
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<ILogger<OracleWorker>>(),
            HeaderLanes(options, chains, key, headers, time, services.GetRequiredService<ILogger<HeaderLane>>())));
        builder.Services.AddHostedService(services => services.GetRequiredService<OracleWorker>());
        await using var app = builder.Build();
        Map(app, board.Find);
        MapHeaders(app, headers.Find);
        await app.StartAsync(cancellationToken);
        app.Logger.LogInformation("Oracle node {Node} ({Address}) listens on {Urls}", options.Oracle.Key, Eip55.Format(key.Address), string.Join(", ", app.Urls));
        await app.WaitForShutdownAsync(cancellationToken);
        return app.Services.GetRequiredService<OracleWorker>().Fault is null ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>The one thing a node is asked: what it offers for a chain.</summary>
    public static void Map(WebApplication app, Func<ChainId, OfferedObservation?> find)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseRouting();
        app.MapGet("/api/v1/observations/{chain}", (HttpContext context) =>
            ulong.TryParse((string?)context.Request.RouteValues["chain"], out var id) && find(new ChainId(id)) is { } offer
                ? Results.Json(offer, KeeperJson.Options).ExecuteAsync(context)
                : Results.NotFound().ExecuteAsync(context));
    }

    /// <summary>What else a node is asked: which headers of one chain it attests for another.</summary>
    public static void MapHeaders(WebApplication app, Func<ChainId, ChainId, OfferedHeaders?> find)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGet("/api/v1/headers/{of}/{on}", (HttpContext context) =>
            ulong.TryParse((string?)context.Request.RouteValues["of"], out var of) && ulong.TryParse((string?)context.Request.RouteValues["on"], out var on)
                && find(new ChainId(of), new ChainId(on)) is { } offer
                ? Results.Json(offer, KeeperJson.Options).ExecuteAsync(context)
                : Results.NotFound().ExecuteAsync(context));
    }

    /// <summary>One for each chain whose headers are attested.</summary>
    private static IReadOnlyList<HeaderLane> HeaderLanes(
        KeeperOracleOptions options, List<ChainAccess> chains, RecordedSigner key, HeaderBoard board, TimeProvider time, ILogger<HeaderLane> logger) =>
        [
            .. options.Oracle.Headers.GroupBy(line => line.Of).Select(lines =>
            {
                var of = chains.First(chain => chain.Id == lines.Key);
                return new HeaderLane(
                    of,
                    [.. lines.Select(line => chains.First(chain => chain.Id == line.On)).Select(on => new HeaderAttester(
                        options.Oracle.Key!,
                        new HeaderLine(key.Address, on.Id, on.Addresses.AttestationVerifier, on.Options.CrossChain.AttestedHeaders, of.Id),
                        of.Name,
                        of.Eth,
                        key,
                        (ulong)options.Oracle.HeaderEveryBlocks,
                        (ulong)options.Oracle.HeaderValidSeconds,
                        board,
                        logger))],
                    time,
                    logger);
            }),
        ];

    /// <summary>What it looks at beside the feeds. Throws <see cref="InputFileException"/> where the backtest report is none.</summary>
    internal static MarketSources Sources(OracleOptions oracle) => new(
        oracle.SurfaceFile is { } file ? new SurfaceFile(file, oracle.SurfacePublisher!.Value, (ulong)oracle.SurfaceMaxAgeSeconds) : null,
        oracle.Assets.Where(asset => asset.SwapPool is not null).ToDictionary(asset => asset.Symbol, asset => asset.SwapPool!.Value),
        oracle.BacktestReport is { } report ? Hash32.FromHex($"0x{ReportTwin.HashOf(report)}") : default);

    public static OracleLane Lane(KeeperOracleOptions options, ChainAccess chain, ISigner key, ObservationBoard board, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(chain);
        var oracle = options.Oracle;
        var models = oracle.Assets.ToDictionary(asset => asset.Symbol, asset => new RiskModel(
            (uint)oracle.SampleSeconds,
            oracle.Lambda,
            asset.StressVolatility,
            oracle.StressWeight,
            asset.SellSize,
            asset.DailyVolume,
            oracle.HistorySamples));
        var maker = new ObservationMaker(chain.Reader, chain.Addresses, chain.Id, models, (ulong)oracle.ValidSeconds, Sources(oracle));
        return new OracleLane(oracle.Key!, chain, maker, key, board, logger);
    }
}
