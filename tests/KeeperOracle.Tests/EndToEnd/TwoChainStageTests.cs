using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Shows;

namespace KeeperOracle.Tests.EndToEnd;

[Collection(EndToEndCollections.Demo)]
public sealed class TwoChainStageTests
{
    [Fact]
    public async Task Stage_Set_IsConnectedBothWays()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        await using var stage = await TwoChainStage.SetAsync(tools, null, CancellationToken.None);

        foreach (var side in (StageChain[])[stage.A, stage.B])
        {
            var other = stage.Other(side);
            var source = await side.CallAsync(
                side.CrossChain.CollateralVault, new CollateralVault.SourceOfFunction(other.Chain.Id.Value, other.CrossChain.MarginHub), CancellationToken.None);
            Assert.Equal(side.CrossChain.AttestedHeaders, source);
            var chain = await side.CallAsync(side.CrossChain.MarginHub, new MarginHub.SourceChainOfFunction(other.Chain.Id.Value), CancellationToken.None);
            Assert.Equal((side.CrossChain.AttestedHeaders, 900u), (chain.Source, chain.FinalityLag));
        }

        var account = StageChain.AccountOf(stage.B.Chain.Accounts[5], 1);
        var lien = await stage.A.LockAsync(stage.A.Chain.Accounts[5], stage.A.Deployment.Assets[0], 10, stage.B, account, CancellationToken.None);
        await stage.WaitAsync(1000, CancellationToken.None);
        Assert.Equal(account, (await stage.A.CallAsync(stage.A.CrossChain.CollateralVault, new CollateralVault.TermsOfFunction(lien), CancellationToken.None)).Account);
        Assert.InRange((long)await stage.A.NowAsync(CancellationToken.None) - (long)await stage.B.NowAsync(CancellationToken.None), -5, 5);
    }
}
