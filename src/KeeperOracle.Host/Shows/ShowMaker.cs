using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// Somebody who makes offers of options on the first collateral of a show: a key, and an account with collateral enough (anyone may add to any
/// account, which opens it).
/// </summary>
internal sealed class ShowMaker : IDisposable
{
    private readonly ShowStage _stage;
    private readonly PrivateKey _key = PrivateKey.Generate();
    private ulong _nonce;

    private ShowMaker(ShowStage stage) => _stage = stage;

    public Hash32 Account => new([.. _key.Address.ToBytes(), .. new byte[12]]);

    private Address Book => _stage.AddressOf("optionBook");

    private Address Underlying => _stage.Deployment.Assets[0].Token;

    public static async Task<ShowMaker> OpenAsync(ShowStage stage, int tokens, CancellationToken cancellationToken)
    {
        var maker = new ShowMaker(stage);
        var (giver, vault, amount) = (stage.Chain.Accounts[0], stage.Deployment.Addresses.MarginVault, tokens * Wad.Scale);
        await stage.SendAsync(giver, maker.Underlying, new MockToken.MintFunction(giver, amount), cancellationToken);
        await stage.SendAsync(giver, maker.Underlying, new MockToken.ApproveFunction(vault, amount), cancellationToken);
        await stage.SendAsync(giver, vault, new MarginVault.AddCollateralFunction(maker.Account, maker.Underlying, amount), cancellationToken);
        return maker;
    }

    /// <summary>The deployer of a local chain is its risk admin; forward is spot.</summary>
    public static Task ListExpiryAsync(ShowStage stage, ulong expiry, double impliedVolatility, CancellationToken cancellationToken) => stage.SendAsync(
        stage.Chain.Accounts[0],
        stage.Deployment.Addresses.RiskOracle,
        new RiskOracle.ListExpiryFunction(stage.Deployment.Assets[0].Token, expiry, (ulong)Wad.FromDoubleDown(impliedVolatility).Raw, (ulong)Wad.Scale),
        cancellationToken);

    /// <param name="strike">units of account scaled by 1e18, as <paramref name="size"/> contracts</param>
    /// <param name="price">stable units of a contract</param>
    public Offer Offer(bool isCall, BigInteger strike, ulong expiry, BigInteger size, bool makerBuys, BigInteger price) =>
        new(Account, Underlying, isCall, strike, expiry, size, makerBuys, price, default, ++_nonce, expiry);

    public async Task<byte[]> SignAsync(Offer offer, CancellationToken cancellationToken)
    {
        var digest = await _stage.CallAsync(Book, new OptionBook.DigestOfFunction(offer), cancellationToken);
        return _key.SignDigest(digest).ToBytes65();
    }

    /// <summary>Makes an offer that the owner of this account takes whole.</summary>
    public async Task TradeAsync(Offer offer, Hash32 taker, Address owner, CancellationToken cancellationToken) => await _stage.SendAsync(
        owner, Book, new OptionBook.TradeFunction(offer, await SignAsync(offer, cancellationToken), new Fill(taker, offer.Size, false, false, [], [])), cancellationToken);

    public void Dispose() => _key.Dispose();
}
