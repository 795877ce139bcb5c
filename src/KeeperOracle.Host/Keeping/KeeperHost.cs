using System.Threading.Channels;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>Builds the keeper's process from its configuration and runs it: `keeperoracle run`.</summary>
public static class KeeperHost
{
    private static readonly TimeSpan OracleTimeout = TimeSpan.FromSeconds(2);
    private const long OracleReplyLimit = 1 << 20;
    private static readonly TimeSpan StandbyInterval = TimeSpan.FromSeconds(1);

    /// <summary>Two epochs of Ethereum, where a chain says nothing of finality.</summary>
    private const ulong FinalityBlocks = 64;

    /// <param name="adoptNonce">take the chain's nonce where the journal has none for the signer</param>
    /// <param name="standby">wait while another process has the journal, and go on in its place when it is gone</param>
    public static async Task<int> RunAsync(KeeperOracleOptions options, bool adoptNonce, bool standby, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var key = await OpenAsync(options, options.Keeper.Key, time, cancellationToken);
        using var reporter = await OpenAsync(options, options.Keeper.ReportKey, time, cancellationToken);
        using var journal = await OpenJournalAsync(options, standby, time, cancellationToken);
        var chains = options.Chains.Select(chain => new ChainAccess(chain, time)).ToList();
        try
        {
            var signer = key?.Address ?? SignerKeys.AddressOf(options.Keeper.Key is { } name ? options.FindKey(name) : null);
            Address[] senders = [.. new[] { key, reporter }.OfType<ISigner>().Select(one => one.Address)];
            var refused = await StartChecks.RefuseAsync(chains, options.Quorum, key?.Address, reporter?.Address, oracle: null, hasSurface: false, cancellationToken)
                ?? await NonceCheck.RefuseAsync(
                    chains, journal, senders, adoptNonce, TimeSpan.FromSeconds(options.Keeper.DoppelgangerSeconds), time, cancellationToken);
            return refused ?? await RunAsync(options, chains, journal, new KeeperKeys(key, reporter), signer, time, _ => { }, cancellationToken);
        }
        finally
        {
            chains.ForEach(chain => chain.Dispose());
        }
    }

    /// <summary>Null where nothing is sent, or no key has this part.</summary>
    private static async Task<ISigner?> OpenAsync(KeeperOracleOptions options, string? name, TimeProvider time, CancellationToken cancellationToken) =>
        options.Mode == OperatingMode.Active && name is not null ? await SignerKeys.OpenSignerAsync(options.FindKey(name)!, time, cancellationToken) : null;

    private static async Task<Journal.Journal> OpenJournalAsync(KeeperOracleOptions options, bool standby, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return Journal.Journal.Open(options.JournalFile!, new JournalSettings(LeaseSeconds: options.Keeper.LeaseSeconds), time);
            }
            catch (JournalException inUse) when (standby && inUse.Kind == JournalFailure.InUse)
            {
                if (tries == 0)
                {
                    await Console.Error.WriteLineAsync($"Standing by: {inUse.Message}");
                }
            }

            await Task.Delay(StandbyInterval, time, cancellationToken);
        }
    }

    /// <summary>The keeper itself, past every check of its start: the journal has the nonce of each key.</summary>
    /// <param name="signer">whose means the decisions count with</param>
    /// <param name="logging">changes to how it logs</param>
    internal static async Task<int> RunAsync(
        KeeperOracleOptions options,
        IReadOnlyList<ChainAccess> chains,
        Journal.Journal journal,
        KeeperKeys keys,
        Address signer,
        TimeProvider time,
        Action<ILoggingBuilder> logging,
        CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        Logs.Configure(builder.Logging);
        logging(builder.Logging);
        var queue = Channel.CreateBounded<QueuedEvent>(new BoundedChannelOptions(KeeperWorker.QueueLimit) { SingleReader = true });
        using var http = new HttpClient { Timeout = OracleTimeout, MaxResponseContentBufferSize = OracleReplyLimit };
        builder.Services.AddSingleton(services => new KeeperWorker(
            Settings(options),
            journal,
            [.. chains.Select(chain => Lane(options, chain, journal, keys, signer, queue, http, time, services.GetRequiredService<ILoggerFactory>()))],
            queue,
            chains.ToDictionary(chain => chain.Id, chain => TimeSpan.FromSeconds(chain.Options.SnapshotMaxAgeSeconds)),
            time,
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<ILogger<KeeperWorker>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<KeeperWorker>());
        using var host = builder.Build();
        var worker = host.Services.GetRequiredService<KeeperWorker>();
        await host.RunAsync(cancellationToken);
        return worker.Fault is null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static KeeperLane Lane(
        KeeperOracleOptions options,
        ChainAccess chain,
        Journal.Journal journal,
        KeeperKeys keys,
        Address signer,
        Channel<QueuedEvent> queue,
        HttpClient http,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger<KeeperLane>();
        var dataFee = chain.Options.Sending.DataFee == DataFeeKind.OpStack ? new OpStackDataFee(chain.Eth, chain.Id, chain.Options.MaxFeePerGasWei) : null;
        var node = new NodeSendingChain(chain.Eth, FinalityBlocks, time, dataFee);
        // What was signed before with a key that is not here now is looked after all the same.
        IReadOnlyList<Address> signers = [.. keys.All.Select(key => key.Address).Union(journal.OpenIntents(chain.Id).Select(intent => intent.Signer))];
        return new KeeperLane(
            chain,
            new VaultBook(
                new SnapshotReader(chain.Reader, chain.Eth, chain.Addresses, chain.Id),
                difference => logger.LogError("Chain {Chain}: logs and state differ at {Block}: {Detail}; everything is read again", chain.Name, difference.Block, difference.Detail)),
            new ObservationCollector(chain, [.. options.Keeper.OracleNodes.Select(node => (node.Name, node.Url.Value))], http, logger),
            node,
            finalized => new SendingCourier(
                chain.Id,
                SendingLimits.Of(chain.Options),
                signers,
                finalized,
                node.Clock,
                journal,
                node,
                new KeySlotSigner(keys.All),
                alarm => logger.LogError("Chain {Chain}: {Alarm}: {Detail}", chain.Name, alarm.Kind, alarm.Detail),
                logger,
                CrashPoints.Pass),
            new SendTerms(chain.Options, keys.Sender?.Address, keys.Reporter?.Address),
            keys.Sender is not null,
            signer,
            queue.Writer,
            time,
            logger);
    }

    private static KeeperSettings Settings(KeeperOracleOptions options) => new(
        options.Mode switch
        {
            OperatingMode.Observe => KeeperMode.Observe,
            OperatingMode.Shadow => KeeperMode.Shadow,
            OperatingMode.Active => KeeperMode.Active,
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Mode, "No such mode."),
        },
        new Bps(options.Keeper.DeviationBps),
        (ulong)options.Keeper.ReportHeartbeatSeconds,
        options.Keeper.MinimumBonusValue,
        new Bps(options.Keeper.SeizureToleranceBps),
        options.Keeper.QuarantineAfterFailures,
        (ulong)options.Keeper.QuarantineSeconds,
        (ulong)options.Keeper.LiquidationDeadlineSeconds,
        options.Keeper.MaxAccounts,
        options.Keeper.FactorToleranceRelative,
        options.Keeper.ReportWorth,
        options.Keeper.FundingWorth,
        options.Keeper.ClosingWorth,
        new Bps(options.Keeper.MaxLiquidatableByReportBps),
        options.Keeper.TopUpWorth,
        options.Keeper.SettlementWorth,
        options.Keeper.AlertHealth)
    {
        SwapWorth = options.Keeper.SwapWorth,
        SeizureDiscount = new Bps(options.Keeper.SeizureDiscountBps),
        BreakerWorth = options.Keeper.BreakerWorth,
        HedgeHealth = options.Keeper.HedgeHealth,
        HedgeEverySeconds = (ulong)options.Keeper.HedgeEverySeconds,
        HedgeTolerance = new Bps(options.Keeper.HedgeToleranceBps),
        HedgeCost = new Bps(options.Keeper.HedgeCostBps),
    };
}

/// <summary>Who signs transactions: the key with the money, and where there is one the key for reports.</summary>
internal sealed record KeeperKeys(ISigner? Sender, ISigner? Reporter)
{
    public IEnumerable<ISigner> All => new[] { Sender, Reporter }.OfType<ISigner>();
}
