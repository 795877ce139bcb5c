using System.Diagnostics;
using System.Numerics;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>Three anvils that mine the same blocks, because they are told the same times.</summary>
public sealed class QuorumAnvilTests : IAsyncLifetime
{
    private const ulong Genesis = 1_700_000_000;
    private static readonly Address Somebody = Address.FromHex("0x00000000000000000000000000000000000000aa");

    private readonly List<AnvilNode> _anvils = [];
    private QuorumRpc _quorum = null!;
    private EthApi _eth = null!;
    private ulong _time = Genesis;

    public async Task InitializeAsync()
    {
        string[] names = ["alpha", "beta", "gamma"];
        _anvils.AddRange(await Task.WhenAll(names.Select(_ => AnvilNode.StartAsync(31337, "--timestamp", $"{Genesis}", "--no-mining"))));
        await MineAsync();
        // A liar that answers late is to be heard on a slow machine too: whoever reads does not wait for the grace.
        var options = new ReadQuorumOptions { Required = 2, StragglerGrace = TimeSpan.FromSeconds(5) };
        _quorum = new QuorumRpc(new ChainId(31337), [.. names.Zip(_anvils, (name, anvil) => new QuorumNode(name, anvil.Rpc))], options, TimeProvider.System);
        _eth = new EthApi(_quorum);
    }

    public async Task DisposeAsync()
    {
        foreach (var anvil in _anvils)
        {
            await anvil.DisposeAsync();
        }
    }

    [Fact]
    public async Task F07_NodeLiesAboutABalanceAndStorage_IsMarkedAndTheTruthIsRead()
    {
        var head = (await _eth.GetLatestBlockAsync(CancellationToken.None)).Ref;
        await _anvils[2].SendAsync("anvil_setBalance", Somebody.ToString(), "0x99");
        await _anvils[2].SendAsync("anvil_setStorageAt", Somebody.ToString(), "0x0", "0x" + new string('1', 64));

        Assert.Equal(BigInteger.Zero, await _eth.GetBalanceAsync(Somebody, head.Hash, CancellationToken.None));

        await UntilAsync(() => _quorum.Nodes[2].Standing == NodeStanding.Lying);
        var evidence = Assert.Single(_quorum.Evidence);
        Assert.Equal(("gamma", "eth_getBalance", "\"0x99\"", "\"0x0\""), (evidence.Node, evidence.Method, evidence.ItsExcerpt, evidence.AgreedExcerpt));
        Assert.Equal("0x" + new string('0', 64), (await _quorum.SendAsync("eth_getStorageAt", CancellationToken.None, Somebody.ToString(), "0x0", EthApi.At(head.Hash))).GetString());
        await KillAsync(_anvils[0]);
        await QuorumFixture.NoQuorumAsync(() => _eth.GetBalanceAsync(Somebody, head.Hash, CancellationToken.None));
    }

    [Fact]
    public async Task F01_NodeIsKilled_TheOthersCarryUntilASecondGoes()
    {
        await _eth.GetLatestBlockAsync(CancellationToken.None);
        await KillAsync(_anvils[1]);
        await MineAsync(_anvils[0], _anvils[2]);
        Assert.Equal(2UL, (await _eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number);
        await UntilAsync(() => _quorum.Nodes[1].Standing == NodeStanding.Down);
        await KillAsync(_anvils[2]);
        await QuorumFixture.NoQuorumAsync(() => _eth.GetLatestBlockAsync(CancellationToken.None));
    }

    [Fact]
    public async Task F02_NodeIsStopped_IsNotWaitedForAndComesBack()
    {
        await _eth.GetLatestBlockAsync(CancellationToken.None);
        await SignalAsync(_anvils[0], "STOP");
        try
        {
            var head = (await _eth.GetLatestBlockAsync(CancellationToken.None)).Ref;
            Assert.Equal(BigInteger.Zero, await _eth.GetBalanceAsync(Somebody, head.Hash, CancellationToken.None));
            await UntilAsync(() => _quorum.Nodes[0].Standing == NodeStanding.Down);
        }
        finally
        {
            await SignalAsync(_anvils[0], "CONT");
        }

        await _quorum.LookAtAllAsync(CancellationToken.None);
        Assert.Equal(NodeStanding.Alive, _quorum.Nodes[0].Standing);
    }

    [Fact]
    public async Task F06_F15_NodeIsRolledBack_LeavesTheQuorum()
    {
        for (var i = 0; i < 9; i++)
        {
            await MineAsync();
        }

        await _eth.GetLatestBlockAsync(CancellationToken.None);
        await _anvils[1].SendAsync("anvil_rollback", 6);
        Assert.Equal(10UL, (await _eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number);
        await UntilAsync(() => _quorum.Nodes[1].Standing == NodeStanding.Lagging);
        Assert.Empty(_quorum.Evidence);
    }

    [Fact]
    public async Task F09_NodeTakesAnotherChainId_IsRefusedUntilItIsRightAgain()
    {
        await _eth.GetLatestBlockAsync(CancellationToken.None);
        await _anvils[0].SendAsync("anvil_setChainId", 5);
        await _quorum.LookAtAllAsync(CancellationToken.None);
        Assert.Equal(NodeStanding.WrongChain, _quorum.Nodes[0].Standing);
        await _anvils[0].SendAsync("anvil_setChainId", 31337);
        await _quorum.LookAtAllAsync(CancellationToken.None);
        Assert.Equal(NodeStanding.Alive, _quorum.Nodes[0].Standing);
    }

    [Fact]
    public async Task Transaction_SentToTheQuorum_IsAtEveryNodeAndItsReceiptIsAgreed()
    {
        using var key = AnvilNode.Key(0);
        var nonce = await _eth.GetTransactionCountAsync(key.Address, CancellationToken.None);
        var fees = await _eth.SuggestFeesAsync(2, 50, CancellationToken.None);
        var gas = await _eth.EstimateGasAsync(key.Address, Somebody, [], 5, CancellationToken.None);
        var signed = new Eip1559Transaction(new ChainId(31337), nonce, BigInteger.One, (2 * fees.BaseFeePerGas) + 1, gas, Somebody, 5, []).Sign(key);
        Assert.Equal(SendOutcomeKind.Accepted, (await _eth.SendRawTransactionAsync(signed, CancellationToken.None)).Kind);
        foreach (var anvil in _anvils)
        {
            await UntilAsync(async () => await anvil.Eth.GetTransactionByHashAsync(signed.Hash, CancellationToken.None) is not null);
        }

        Assert.True((await _eth.GetTransactionByHashAsync(signed.Hash, CancellationToken.None))!.IsPending);
        Assert.True((await _eth.SendRawTransactionAsync(signed, CancellationToken.None)).IsHeld);
        await MineAsync();
        var receipt = await _eth.GetTransactionReceiptAsync(signed.Hash, CancellationToken.None);
        Assert.Equal((true, 2UL), (receipt!.Succeeded, receipt.BlockNumber));
        Assert.Equal(5, await _eth.GetBalanceAsync(Somebody, null, CancellationToken.None));
        Assert.Equal(nonce + 1, await _eth.GetTransactionCountAsync(key.Address, CancellationToken.None));
        Assert.Empty(_quorum.Evidence);
    }

    /// <summary>The same next block in each of them.</summary>
    private async Task MineAsync(params AnvilNode[] anvils)
    {
        _time += 12;
        foreach (var anvil in anvils.Length == 0 ? [.. _anvils] : anvils)
        {
            await anvil.SendAsync("evm_setNextBlockTimestamp", _time);
            await anvil.SendAsync("evm_mine");
        }
    }

    private static async Task KillAsync(AnvilNode anvil)
    {
        await SignalAsync(anvil, "KILL");
        await UntilAsync(async () =>
        {
            try
            {
                await anvil.Eth.GetChainIdAsync(CancellationToken.None);
                return false;
            }
            catch (RpcException)
            {
                return true;
            }
        });
    }

    private static async Task SignalAsync(AnvilNode anvil, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{anvil.ProcessId}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail("It never came to that.");
    }
}
