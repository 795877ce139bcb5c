using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Host.Chains;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Relay;

/// <summary>The top-ups that this relay's key may make, by lien, and what the liens of their accounts count by.</summary>
internal sealed record ReadTopUps(IReadOnlyDictionary<ulong, LienTopUp> Mandates, IReadOnlyDictionary<ulong, LienWorth> Worths);

/// <summary>
/// Reads of a link what top-ups ask for: mandates that name the relay's own key with the means behind them at the vault's head, and at the hub's what it says of their accounts. One more call a
/// lien where nobody has given one. A vault without such mandates has none.
/// </summary>
internal sealed class TopUpReader(ChainAccess vaultChain, ChainAccess hubChain, Address relay)
{
    private static readonly ReadTopUps Nothing = new(new Dictionary<ulong, LienTopUp>(), new Dictionary<ulong, LienWorth>());

    private Address Vault => vaultChain.Options.CrossChain.CollateralVault;

    private Address Hub => hubChain.Options.CrossChain.MarginHub;

    /// <param name="onHub">the hub's view of each, by number</param>
    public async Task<ReadTopUps> ReadAsync(
        IReadOnlyList<LinkReader.VaultLien> liens,
        IReadOnlyDictionary<ulong, LinkReader.HubLien> onHub,
        BlockRef vaultHead,
        BlockRef hubHead,
        uint finalityLag,
        CancellationToken cancellationToken)
    {
        if (liens.Count == 0)
        {
            return Nothing;
        }

        var batch = vaultChain.Reader.At(vaultHead.Hash);
        var asked = liens.Select(lien => (Lien: lien, Mandate: batch.Add(Vault, new CollateralVault.TopUpMandateOfFunction(lien.Number)))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        var own = asked.Where(one => !one.Mandate.Failed && one.Mandate.Value.Keeper == relay && !one.Mandate.Value.CapPerWindow.IsZero).ToList();
        if (own.Count == 0)
        {
            return Nothing;
        }

        var means = vaultChain.Reader.At(vaultHead.Hash);
        var mandates = own.Select(one => new PendingMandate(means, one.Lien, one.Mandate.Value, Vault)).ToList();
        await means.ExecuteAsync(cancellationToken);

        var accounts = own.Select(one => one.Lien.Terms.Account).ToHashSet();
        var first = hubChain.Reader.At(hubHead.Hash);
        var standings = accounts.ToDictionary(account => account, account => first.Add(hubChain.Addresses.MarginVault, new MarginVault.ValuationFunction(account)));
        var tokens = liens.Where(lien => accounts.Contains(lien.Terms.Account) && !onHub[lien.Number].Lien.RemoteKey.IsZero)
            .Select(lien => (lien.Number, Token: first.Add(Hub, new MarginHub.RemoteOfFunction(onHub[lien.Number].Lien.RemoteKey)))).ToList();
        await first.ExecuteAsync(cancellationToken);
        var second = hubChain.Reader.At(hubHead.Hash);
        var worths = tokens.Select(one => (one.Number, one.Token, Factors: second.Add(hubChain.Addresses.RiskOracle, new RiskOracle.FactorsFunction(one.Token.Value.Asset)),
            Price: second.Add(hubChain.Addresses.OracleHub, new OracleHub.ReadingFunction(one.Token.Value.Asset)))).ToList();
        if (second.Count > 0)
        {
            await second.ExecuteAsync(cancellationToken);
        }

        return new ReadTopUps(
            mandates.ToDictionary(mandate => mandate.Number, mandate => mandate.With(Standing(standings[mandate.Account]))),
            worths.ToDictionary(one => one.Number, one => new LienWorth(
                new Price((PriceStatus)one.Price.Value.Status == PriceStatus.Ok ? new Wad(one.Price.Value.Price) : Wad.Zero),
                one.Token.Value.Decimals,
                new Wad(one.Factors.Value.LiquidationThreshold),
                new Wad(one.Factors.Value.MaintenanceVolatility),
                finalityLag)));
    }

    private static AccountOnHub Standing(PendingRead<Valuation> read) => read.Problem is { } problem
        ? new AccountOnHub(Wad.Zero, Wad.Zero, problem)
        : new AccountOnHub(new Wad(read.Value.LiquidationCapacity), new Wad(read.Value.Debt + read.Value.MaintenanceRequirement), "");

    /// <summary>A mandate with what is behind it.</summary>
    private sealed class PendingMandate(ReadBatch batch, LinkReader.VaultLien lien, LienTopUpMandate mandate, Address vault)
    {
        private readonly PendingRead<BigInteger> _available = batch.Add(vault, new CollateralVault.TopUpAvailableFunction(lien.Number));
        private readonly PendingRead<BigInteger> _wallet = batch.Add(lien.Terms.Token, new ERC20.BalanceOfFunction(lien.Terms.Owner));
        private readonly PendingRead<BigInteger> _allowance = batch.Add(lien.Terms.Token, new ERC20.AllowanceFunction(lien.Terms.Owner, vault));
        private readonly PendingRead<Token> _token = batch.Add(vault, new CollateralVault.TokenOfFunction(lien.Terms.Token));

        public ulong Number => lien.Number;

        public Hash32 Account => lien.Terms.Account;

        public LienTopUp With(AccountOnHub account) => new(
            new Wad(mandate.TriggerHealth),
            new Wad(mandate.TargetHealth),
            mandate.Expiry,
            _available.Value,
            _wallet.Value,
            _allowance.Value,
            _token.Value.Listed ? BigInteger.Max(0, _token.Value.Cap - _token.Value.Total) : BigInteger.Zero,
            account,
            UnderWay: "");
    }
}
