using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Keeping;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>
/// Builds a relay from its configuration and runs it: `keeperoracle relay run`. SPECIFICATION.
/// <para>A relay carries between chains what anybody may carry: headers that a quorum of oracle nodes attests, and storage proofs under them. It has own nodes, an own key that
/// pays for gas, an own journal, and no power: the contracts believe signatures and proofs, never the relay. One thing its key may be given by an owner, to add to his lien from his wallet inside a cap. What it does is <see cref="RelayPlanner"/>'s to say.</para>
/// <para>Nothing is done twice, whenever it is killed: a step is planned from what the chains say, has a purpose in the journal, and goes through the same book and courier as a
/// keeper's transactions (journal before broadcast, resend, bump). Two relays with keys of their own race: the loser's refusal has a name and counts as overtaken.</para>
/// <para>It lies to nobody and believes nobody: signatures are recovered and held against the verifier's set; an attested header that its own nodes do not have is not used
/// (HeaderNotOurs); a proof that does not lead to the attested root is not sent (<see cref="Chain.Proofs.ProofRefusalCode"/>).</para>
/// <para>The hub lets only an account's owner attach a lien. So the relay offers the owner the whole call with its proofs: GET /api/v1/liens/{vault}/{hub}/{number} on
/// loopback. GET /api/v1/links says how each link stands, what is under way and what is waited for, by name.</para>
/// <para>When it is silent, observations age, initial margin falls with their age, and nothing else happens.</para>
/// </summary>
public static class RelayHost
{
    private static readonly TimeSpan OracleTimeout = TimeSpan.FromSeconds(2);
    private const long OracleReplyLimit = 1 << 20;

    /// <summary>Two epochs of Ethereum, where a chain says nothing of finality.</summary>
    private const ulong FinalityBlocks = 64;

    /// <param name="adoptNonce">take the chain's nonce where the journal has none for the key</param>
    public static async Task<int> RunAsync(KeeperOracleOptions options, bool adoptNonce, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var key = await SignerKeys.OpenSignerAsync(options.FindKey(options.Relay.Key!)!, time, cancellationToken);
        using var journal = Journal.Journal.Open(options.JournalFile!, new JournalSettings(LeaseSeconds: options.Keeper.LeaseSeconds), time);
        var used = options.Relay.Links.SelectMany(link => new[] { link.Vault, link.Hub }).ToHashSet();
        var chains = options.Chains.Where(chain => used.Contains(chain.Id)).Select(chain => new ChainAccess(chain, time)).ToList();
        try
        {
            return await StartChecks.RefuseAsync(chains, options.Quorum, keeper: null, reporter: key.Address, oracle: null, hasSurface: false, cancellationToken)
                ?? await NonceCheck.RefuseAsync(
                    chains, journal, [key.Address], adoptNonce, TimeSpan.FromSeconds(options.Keeper.DoppelgangerSeconds), time, cancellationToken)
                ?? await ServeAsync(options, chains, journal, key, time, cancellationToken);
        }
        finally
        {
            chains.ForEach(chain => chain.Dispose());
        }
    }

    private static async Task<int> ServeAsync(
        KeeperOracleOptions options, List<ChainAccess> accesses, Journal.Journal journal, ISigner key, TimeProvider time, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Logs.Configure(builder.Logging);
        builder.WebHost.UseKestrelCore().UseUrls(options.Relay.ListenUrl.ToString());
        builder.Services.AddRoutingCore();
        using var http = new HttpClient { Timeout = OracleTimeout, MaxResponseContentBufferSize = OracleReplyLimit };
        using var loggers = LoggerFactory.Create(Logs.Configure);
        var (board, postponed) = (new RelayBoard(), new Postponed(time));
        var ends = new RelayEnds(postponed, loggers.CreateLogger<RelayWorker>());
        var chains = accesses.ToDictionary(access => access.Id, access => Chain(access, journal, key, ends, time, loggers.CreateLogger<RelayChain>()));
        var links = options.Relay.Links.ToDictionary(
            link => (link.Vault, link.Hub), link => Link(options, chains[link.Vault], chains[link.Hub], key.Address, board, postponed, http, time, loggers));
        var pace = TimeSpan.FromMilliseconds(accesses.Min(access => access.Options.PollMilliseconds));
        builder.Services.AddSingleton(services => new RelayWorker(
            [.. chains.Values], [.. links.Values], pace, time, services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<ILogger<RelayWorker>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<RelayWorker>());
        try
        {
            await using var app = builder.Build();
            Map(app, board, links);
            await app.StartAsync(cancellationToken);
            app.Logger.LogInformation("Relay {Relay} ({Address}) listens on {Urls}", options.Relay.Key, Eip55.Format(key.Address), string.Join(", ", app.Urls));
            await app.WaitForShutdownAsync(cancellationToken);
            return app.Services.GetRequiredService<RelayWorker>().Fault is null ? ExitCode.Ok : ExitCode.Failed;
        }
        finally
        {
            chains.Values.ToList().ForEach(chain => chain.Dispose());
        }
    }

    private static void Map(WebApplication app, RelayBoard board, Dictionary<(ChainId Vault, ChainId Hub), RelayLink> links)
    {
        app.UseRouting();
        app.MapGet("/api/v1/links", (HttpContext context) => Results.Json(board.Links, KeeperJson.Options).ExecuteAsync(context));
        app.MapGet("/api/v1/liens/{vault}/{hub}/{number}", async (HttpContext context) =>
        {
            ulong? Number(string name) => ulong.TryParse((string?)context.Request.RouteValues[name], out var value) ? value : null;
            var result = Number("vault") is { } vault && Number("hub") is { } hub && Number("number") is { } number && links.TryGetValue((new ChainId(vault), new ChainId(hub)), out var link)
                ? Results.Json(await link.CountAsync(number, context.RequestAborted), KeeperJson.Options)
                : Results.NotFound();
            await result.ExecuteAsync(context);
        });
    }

    private static RelayChain Chain(ChainAccess access, Journal.Journal journal, ISigner key, RelayEnds ends, TimeProvider time, ILogger logger)
    {
        var dataFee = access.Options.Sending.DataFee == DataFeeKind.OpStack ? new OpStackDataFee(access.Eth, access.Id, access.Options.MaxFeePerGasWei) : null;
        var node = new NodeSendingChain(access.Eth, FinalityBlocks, time, dataFee);
        // What was signed before with a key that is not here now is looked after all the same.
        IReadOnlyList<Address> signers = [.. new[] { key.Address }.Union(journal.OpenIntents(access.Id).Select(intent => intent.Signer))];
        return new RelayChain(
            access,
            node,
            finalized => new SendingCourier(
                access.Id,
                SendingLimits.Of(access.Options),
                signers,
                finalized,
                node.Clock,
                journal,
                node,
                new KeySlotSigner([key]),
                alarm => logger.LogError("Chain {Chain}: {Alarm}: {Detail}", access.Name, alarm.Kind, alarm.Detail),
                logger,
                CrashPoints.Pass),
            ends.Told,
            time,
            logger);
    }

    private static RelayLink Link(
        KeeperOracleOptions options, RelayChain vault, RelayChain hub, Address signer, RelayBoard board, Postponed postponed, HttpClient http, TimeProvider time, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger<RelayLink>();
        var (a, b) = (vault.Access, hub.Access);
        HeaderCollector Collector(ChainAccess of, ChainAccess on) => new(
            of.Id,
            on.Id,
            on.Addresses.AttestationVerifier,
            on.Options.CrossChain.AttestedHeaders,
            [.. options.Relay.OracleNodes.Select(node => (node.Name, node.Url.Value))],
            http,
            logger);
        var reader = new LinkReader(
            a, b, new HeaderLedger(a, b, logger), new HeaderLedger(b, a, logger), Collector(a, b), Collector(b, a), signer, options.Relay.MaxLiens);
        return new RelayLink(
            vault, hub, reader, new StepEncoder(a, b, reader.IdOf), new RelaySettings((ulong)options.Relay.RefreshSeconds), signer, board, postponed, time, logger);
    }
}
