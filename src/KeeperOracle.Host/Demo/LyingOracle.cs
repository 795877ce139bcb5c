using System.Collections.Immutable;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>
/// The one signer of four that lies. It is a real oracle node with a real key of the quorum; only what it offers is bent, another way each
/// epoch: half the volatility, three times the volatility, a report changed after signing, an old report again, and another chain's
/// report. The first two are outvoted by the median; the others are refused by name.
/// </summary>
internal sealed class LyingOracle : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<ChainAccess> _chains;
    private readonly PrivateKey _key;
    private readonly ObservationBoard _honest = new();
    private readonly Dictionary<ChainId, SortedDictionary<ulong, OfferedReport>> _past = [];
    private readonly Lock _gate = new();

    private LyingOracle(WebApplication app, List<ChainAccess> chains, PrivateKey key) => (_app, _chains, _key) = (app, chains, key);

    public static async Task<LyingOracle> StartAsync(KeeperOracleOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(options.Oracle.ListenUrl.ToString());
        builder.Services.AddRoutingCore();
        var key = SignerKeys.Open(options.FindKey(options.Oracle.Key!)!);
        var chains = options.Chains.Select(chain => new ChainAccess(chain, TimeProvider.System)).ToList();
        LyingOracle? liar = null;
        builder.Services.AddSingleton(services => new OracleWorker(
            [.. chains.Select(chain => OracleHost.Lane(options, chain, new LocalSigner(key), liar!._honest, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))],
            services.GetRequiredService<IHostApplicationLifetime>(),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<OracleWorker>.Instance));
        builder.Services.AddHostedService(services => services.GetRequiredService<OracleWorker>());
        liar = new LyingOracle(builder.Build(), chains, key);
        OracleHost.Map(liar._app, liar.Lie);
        await liar._app.StartAsync(cancellationToken);
        return liar;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _chains.ForEach(chain => chain.Dispose());
        _key.Dispose();
    }

    private OfferedObservation? Lie(ChainId chain)
    {
        if (_honest.Find(chain) is not { Report: { } report } offer)
        {
            return _honest.Find(chain);
        }

        lock (_gate)
        {
            if (!_past.TryGetValue(chain, out var past))
            {
                _past[chain] = past = [];
            }

            past[report.Epoch] = report;
            var other = _chains.Select(known => known.Id).Where(id => id != chain).Select(_honest.Find).FirstOrDefault()?.Report;
            var lie = (report.Epoch % 5) switch
            {
                1 => Scaled(chain, report, 1, 2),
                2 => Scaled(chain, report, 3, 1),
                3 => report with { Vector = Scale(report.Vector, 9, 10) },
                4 => past.First().Value,
                _ => other ?? report,
            };
            return offer with { Report = lie };
        }
    }

    /// <summary>Signed as it should be, with other values.</summary>
    private OfferedReport Scaled(ChainId chain, OfferedReport report, int numerator, int denominator)
    {
        var bent = report with { Vector = Scale(report.Vector, numerator, denominator) };
        var verifier = _chains.Single(known => known.Id == chain).Addresses.AttestationVerifier;
        var signed = new ObservationSigning(chain, verifier).Sign(bent.ToSigned().Observation, _key);
        return bent with { Signature = Hex.FromBytes(signed.Signature) };
    }

    private static ImmutableArray<ObservedRisk> Scale(ImmutableArray<ObservedRisk> vector, int numerator, int denominator) =>
        [.. vector.Select(risk => risk with { Volatility = new Wad(risk.Volatility.Raw * numerator / denominator) })];
}
