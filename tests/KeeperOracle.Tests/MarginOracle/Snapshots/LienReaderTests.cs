using KeeperOracle.Chain.Reading;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Snapshots;

public sealed class LienReaderTests
{
    private readonly ScriptedVault _vault = new();

    [Fact]
    public async Task Read_AccountsWithAndWithoutLiens_GivesEachFigureItsPlace()
    {
        _vault.Mine(change =>
        {
            change.Open(1);
            change.Open(2);
            change.AttachLien(1);
        });

        var lien = Assert.Single(await ReadAsync(_vault.IdOf(0), _vault.IdOf(1)));

        Assert.Equal((_vault.IdOf(1), new ChainId(10), 0x43), (lien.Account, lien.Source, lien.Asset.ToBytes()[^1]));
        Assert.Equal((6, 7, 2), (lien.Decimals, (int)lien.Counted, (int)lien.Disputed));
        Assert.Equal((999_000UL, 900u, true), (lien.ObservedAt, lien.FinalityLagSeconds, lien.SwapUnderWay));
        Assert.Equal((777, 4, 5), ((int)lien.MaxPrice.PerToken.Raw, (int)lien.MaintenanceVolatility.Raw, (int)lien.InitialVolatility.Raw));
    }

    [Fact]
    public async Task Read_NoLienOrNoAccount_GivesNothing()
    {
        _vault.Mine(change => change.Open(1));

        Assert.Empty(await ReadAsync(_vault.IdOf(0)));
        Assert.Empty(await ReadAsync());
    }

    private Task<IReadOnlyList<KeeperOracle.Risk.Snapshots.LienSnapshot>> ReadAsync(params Hash32[] accounts) =>
        new LienReader(new ChainReader(_vault, ScriptedVault.Addresses.Multicall3), ScriptedVault.Addresses)
            .ReadAsync(accounts, _vault.Head, CancellationToken.None);
}
