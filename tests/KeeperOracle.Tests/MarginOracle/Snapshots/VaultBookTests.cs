using System.Text;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.MarginOracle.Snapshots;

/// <summary>The book against cold reads of a chain in memory.</summary>
public sealed class VaultBookTests
{
    private const int TrailLimit = 128;
    private const int Rotation = VaultBook.ReconcileEvery * VaultBook.ReconcileShare;
    private static readonly Address Keeper = new([.. new byte[19], 0x77]);
    private readonly ScriptedVault _chain = new();
    private readonly List<BookDifference> _alarms = [];
    private readonly VaultBook _book;
    private readonly SnapshotReader _cold;
    private ChainSnapshot? _last;

    public VaultBookTests()
    {
        _cold = new SnapshotReader(new ChainReader(_chain, ScriptedVault.Addresses.Multicall3), new EthApi(_chain), ScriptedVault.Addresses, new ChainId(31337));
        _book = new VaultBook(_cold, _alarms.Add);
    }

    [Fact]
    public async Task Advance_MandateUnderALienSetOrTakenBack_IsReadWithWhatItsSizingNeeds()
    {
        Open(5);
        await AdvanceAsync();
        _chain.Mine(change =>
        {
            change.Borrow(4, 5);
            change.AttachLien(4);
            change.AllowLienSwap(4, 2);
        });
        var mandate = Assert.Single(Assert.Single((await AdvanceAsync()).Accounts, account => !account.LienSwaps.IsEmpty).LienSwaps);
        Assert.Equal((2, 4, 7, 99UL, 50, 4, 3_600U), ((int)mandate.TriggerHealth.Raw, (int)mandate.TargetHealth.Raw, (int)mandate.MaxLoss.Raw, mandate.Expiry, (int)mandate.CapPerWindow, (int)mandate.LeastUnits, mandate.WindowSeconds));
        Assert.Equal((_chain.Head.Number, 91, mandate.In, mandate.In with { }), ((ulong)mandate.Available, (int)mandate.OutRoom, mandate.In, mandate.Out));
        Assert.Equal((6, 7, 2, 900U, 8), ((int)mandate.In.PastThreshold.Raw, (int)mandate.In.PastVolatility.Raw, (int)mandate.In.Disputed, mandate.In.FinalityLagSeconds, (int)mandate.In.Price.PerToken.Raw));

        // What the budget leaves changes with time alone.
        _chain.Mine(1);
        Assert.Equal(_chain.Head.Number, (ulong)Assert.Single((await AdvanceAsync()).Accounts.Single(account => !account.LienSwaps.IsEmpty).LienSwaps).Available);
        _chain.Mine(change => change.AllowLienSwap(4, 0));
        Assert.All((await AdvanceAsync()).Accounts, account => Assert.Empty(account.LienSwaps));
    }

    [Fact]
    public async Task Advance_FirstHead_IsReadWhole()
    {
        Open(5);
        Assert.Equal(5, (await AdvanceAsync()).Accounts.Length);
        Assert.Equal(new BookAdvance("nothing was held", 0, 5), _book.Last);
    }

    [Fact]
    public async Task Advance_SameHead_GivesTheSameObject()
    {
        Open(5);
        var first = await AdvanceAsync();
        Assert.Same(first, await AdvanceAsync());
    }

    [Fact]
    public async Task Advance_NothingHappened_ReadsNoAccountAndKeepsEach()
    {
        Open(200);
        var before = await AdvanceAsync();
        _chain.Mine(3);
        var calls = _chain.Calls;
        var after = await AdvanceAsync(compare: false);
        Assert.InRange(_chain.Calls - calls, 1, 30);
        Assert.Equal(new BookAdvance("", 3, 0), _book.Last);
        Assert.True(after.Accounts == before.Accounts);
        Assert.NotEqual(before.Market.BorrowIndex, after.Market.BorrowIndex);
    }

    [Fact]
    public async Task Advance_AccountsTouched_AreReadAndNoOthers()
    {
        Open(200);
        var before = await AdvanceAsync();
        _chain.Mine(change =>
        {
            change.Borrow(7, 1_000);
            change.TopUpFrom(9, 2_000);
            change.Say();
        });
        _chain.Mine(change => change.Open(900));
        var after = await AdvanceAsync();
        Assert.Equal(new BookAdvance("", 2, 3), _book.Last);
        Assert.Equal([7, 9], Enumerable.Range(0, 200).Where(at => !ReferenceEquals(before.Accounts[at], after.Accounts[at])));
        Assert.Equal(201, after.Accounts.Length);
    }

    [Fact]
    public async Task Advance_AccountsThatMoveByThemselves_AreReadAtEveryHead()
    {
        Open(50);
        _chain.Mine(change =>
        {
            change.Trade(3, legs: 2);
            change.AttachLien(4);
        });
        await AdvanceAsync();
        _chain.Mine(1);
        var moved = await AdvanceAsync();
        Assert.Equal(2, _book.Last.AccountsRead);
        _chain.Mine(change => change.Trade(3, legs: 0));
        await AdvanceAsync();
        _chain.Mine(1);
        await AdvanceAsync();
        Assert.Equal((1, 1), (moved.Accounts.Count(account => account.Options.Legs > 0), moved.Accounts.Count(account => account.Remote.Value.Raw > 0)));
    }

    [Fact]
    public async Task Advance_ReadAccountIsAsItWas_StaysTheSameObject()
    {
        Open(5);
        var before = await AdvanceAsync();
        _chain.Mine(change => change.Borrow(2, 0));
        Assert.True(before.Accounts == (await AdvanceAsync()).Accounts);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(100, true)]
    [InlineData(TrailLimit, true)]
    [InlineData(TrailLimit + 1, false)]
    [InlineData(1000, false)]
    public async Task Advance_HeightsSkipped_AreWalkedUpToALimit(int blocks, bool isWalked)
    {
        Open(5);
        await AdvanceAsync();
        for (var i = 0; i < blocks; i++)
        {
            _chain.Mine(change => change.Borrow(i % 5, 1));
        }

        await AdvanceAsync();
        Assert.Equal(isWalked ? ("", blocks) : ("the branch meets nothing known", 0), (_book.Last.WhyCold, _book.Last.Blocks));
    }

    /// <summary>Every depth, with things on both sides; also where no block comes instead.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public async Task F10_BlocksFallAway_StateIsThatOfAColdRead(int longer)
    {
        Open(20);
        await AdvanceAsync();
        for (var depth = 1; depth <= 100; depth++)
        {
            for (var i = 0; i < depth; i++)
            {
                var (at, number) = (i, depth);
                _chain.Mine(change =>
                {
                    change.Borrow(at % 20, number);
                    if (at % 7 == 3)
                    {
                        change.Open(1000 + (number * 100) + at);
                    }
                });
            }

            await AdvanceAsync();
            Assert.Equal("", _book.Last.WhyCold);
            _chain.Drop(depth);
            for (var i = 0; i < longer; i++)
            {
                var at = i;
                _chain.Mine(change => change.TopUpFrom(at % 20, at));
            }

            await AdvanceAsync();
            Assert.Equal("", _book.Last.WhyCold);
        }

        Assert.Empty(_alarms);
    }

    [Theory]
    [InlineData(20, 0)]
    [InlineData(20, 30)]
    [InlineData(200, 1)]
    public async Task F10_DeeperThanKnown_IsReadWhole(int dropped, int mined)
    {
        Open(5);
        _chain.Mine(250);
        await AdvanceAsync();
        _chain.Mine(change => change.Borrow(1, 1));
        await AdvanceAsync();
        _chain.Drop(dropped);
        _chain.Mine(mined);
        await AdvanceAsync();
        Assert.Equal("the branch meets nothing known", _book.Last.WhyCold);
    }

    [Fact]
    public async Task F14_LogLeftOut_IsFoundWithinARotationAndReadWhole()
    {
        Open(300);
        await AdvanceAsync();
        _chain.Hides.Add(_chain.IdOf(250));
        _chain.Mine(change => change.Borrow(250, 5_000));
        var heads = 0;
        while (_alarms.Count == 0)
        {
            Assert.True(++heads <= Rotation + VaultBook.ReconcileEvery, "nobody noticed");
            await _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None);
            _chain.Mine(1);
        }

        Assert.Contains($"1 accounts that changed, such as {_chain.IdOf(250)}", _alarms[0].Detail, StringComparison.Ordinal);
        Assert.Equal(300, _book.Last.AccountsRead);
        await AdvanceAsync();
        Assert.Single(_alarms);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F14_LogThatMakesAnAccountMoveLeftOut_IsFoundWithinARotation(bool isLien)
    {
        Open(40);
        await AdvanceAsync();
        _chain.Hides.Add(_chain.IdOf(0));
        _chain.Mine(change =>
        {
            if (isLien)
            {
                change.AttachLien(0);
            }
            else
            {
                change.Trade(0, legs: 1);
            }
        });
        for (var head = 0; head < Rotation && _alarms.Count == 0; head++)
        {
            await _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None);
            _chain.Mine(1);
        }

        Assert.Single(_alarms);
        await AdvanceAsync();
    }

    [Fact]
    public async Task F14_OpeningLeftOut_IsFoundAtOnce()
    {
        Open(5);
        await AdvanceAsync();
        _chain.Mine(change => change.Open(77));
        _chain.Hides.Add(_chain.IdOf(5));
        await AdvanceAsync();
        Assert.Contains("the vault has 6 accounts, and its logs tell of 5", Assert.Single(_alarms).Detail, StringComparison.Ordinal);
        Assert.Equal(6, _book.Last.AccountsRead);
    }

    /// <summary>The alarm's cold read fails: what was found to be wrong is not used all the same.</summary>
    [Fact]
    public async Task F14_NodeFailsAfterTheAlarm_NextHeadIsReadWhole()
    {
        Open(5);
        await AdvanceAsync();
        _chain.Mine(change => change.Open(77));
        _chain.Hides.Add(_chain.IdOf(5));
        var alarmed = new VaultBook(_cold, alarm =>
        {
            _alarms.Add(alarm);
            _chain.Fails = method => method == "eth_call" ? Failure(RpcFailure.Timeout) : null;
        });
        _chain.Drop(1);
        await alarmed.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None);
        _chain.Mine(change => change.Open(77));
        await Assert.ThrowsAsync<RpcException>(() => alarmed.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None));
        _chain.Fails = _ => null;
        _chain.Mine(1);
        Assert.Equal(6, (await alarmed.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None)).Accounts.Length);
        Assert.Equal("nothing was held", alarmed.Last.WhyCold);
        Assert.Single(_alarms);
    }

    [Theory]
    [InlineData("eth_getLogs")]
    [InlineData("eth_getBlockByNumber")]
    public async Task Advance_LogsOrBlocksCannotBeHad_IsReadWhole(string method)
    {
        Open(5);
        await AdvanceAsync();
        foreach (var kind in (RpcFailure[])[RpcFailure.ErrorReply, RpcFailure.MalformedReply, RpcFailure.NoQuorum])
        {
            _chain.Mine(3);
            _chain.Fails = asked => asked == method ? Failure(kind) : null;
            await AdvanceAsync();
            Assert.StartsWith("no logs: ", _book.Last.WhyCold, StringComparison.Ordinal);
        }

        _chain.Fails = _ => null;
        _chain.Mine(1);
        await AdvanceAsync();
        Assert.Equal("", _book.Last.WhyCold);
    }

    [Theory]
    [InlineData("eth_getLogs", RpcFailure.Timeout)]
    [InlineData("eth_getLogs", RpcFailure.Transport)]
    [InlineData("eth_getBlockByNumber", RpcFailure.CircuitOpen)]
    [InlineData("eth_call", RpcFailure.Timeout)]
    [InlineData("eth_call", RpcFailure.NoQuorum)]
    public async Task F01_NodeFailsInTheMidst_NextHeadGoesOnFromTheLast(string method, RpcFailure kind)
    {
        Open(5);
        await AdvanceAsync();
        _chain.Mine(change => change.Borrow(1, 100));
        _chain.Mine(1);
        _chain.Fails = asked => asked == method ? Failure(kind) : null;
        Assert.Equal(kind, (await Assert.ThrowsAsync<RpcException>(() => _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None))).Kind);
        _chain.Fails = _ => null;
        _chain.Mine(change => change.Borrow(2, 100));
        await AdvanceAsync();
        Assert.Equal(new BookAdvance("", 3, 2), _book.Last);
    }

    /// <summary>anvil runs a call at the newest block with the time of the next while it makes that.</summary>
    [Fact]
    public async Task F18_CallsRunAtAnotherTimeThanTheBlocks_AreNotOfThatBlock()
    {
        Open(5);
        _chain.RunsAhead = 1;
        var whole = await Assert.ThrowsAsync<RpcException>(() => _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None));
        Assert.Equal(RpcFailure.MalformedReply, whole.Kind);
        Assert.EndsWith(
            $"block {_chain.Head.Number} is of time {_chain.Head.Timestamp}, and calls at it were run at time {_chain.Head.Timestamp + 1}: what depends on time is not of that block",
            whole.Message,
            StringComparison.Ordinal);

        _chain.RunsAhead = 0;
        await AdvanceAsync();
        _chain.Mine(1);
        _chain.RunsAhead = 1;
        await Assert.ThrowsAsync<RpcException>(() => _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None));
        _chain.RunsAhead = 0;
        await AdvanceAsync();
        Assert.Equal(new BookAdvance("", 1, 0), _book.Last);
    }

    /// <summary>Histories by chance: things that happen, heights skipped, blocks that fall away, nodes that fail, at whatever depth.</summary>
    [Fact]
    public async Task Advance_AnyHistory_StateIsThatOfAColdReadAndUntouchedObjectsStay()
    {
        var random = new Random(20261126);
        Open(10);
        await AdvanceAsync();
        var cold = 0;
        for (var step = 0; step < 400; step++)
        {
            Happen(random);
            if (random.Next(8) == 0)
            {
                _chain.Fails = _ => random.Next(3) == 0 ? Failure((RpcFailure)random.Next(7)) : null;
                try
                {
                    _last = await _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None);
                }
                catch (RpcException)
                {
                    // The next head goes on.
                }

                _chain.Fails = _ => null;
                continue;
            }

            await AdvanceAsync();
            cold += _book.Last.WhyCold.Length > 0 ? 1 : 0;
        }

        Assert.Empty(_alarms);
        Assert.InRange(cold, 1, 200);
    }

    private void Happen(Random random)
    {
        if (random.Next(4) == 0)
        {
            _chain.Drop(Math.Min((int)_chain.Head.Number - 1, random.Next(10) == 0 ? random.Next(200) : random.Next(6)));
        }

        for (var blocks = random.Next(12) == 0 ? random.Next(150) : random.Next(4); blocks > 0; blocks--)
        {
            _chain.Mine(change =>
            {
                for (var actions = random.Next(4); actions > 0; actions--)
                {
                    var at = change.Count == 0 ? -1 : random.Next(change.Count);
                    switch (at < 0 ? 0 : random.Next(9))
                    {
                        case 0:
                            change.Open(random.Next(120));
                            break;
                        case 1 or 2:
                            change.Borrow(at, random.Next(3));
                            break;
                        case 3:
                            change.TopUpFrom(at, random.Next(3));
                            break;
                        case 4:
                            change.Trade(at, random.Next(2));
                            break;
                        case 5 when random.Next(5) == 0:
                            change.AttachLien(at);
                            break;
                        case 5:
                            change.AllowLienSwap(at, (ulong)random.Next(3));
                            break;
                        case 6:
                            change.AllowTopUp(at, (ulong)random.Next(3));
                            break;
                        case 7:
                            change.AllowSwap(at, (ulong)random.Next(3));
                            break;
                        default:
                            change.Say();
                            break;
                    }
                }
            });
        }
    }

    private static RpcException Failure(RpcFailure kind) => new(kind, "scripted", "no");

    private void Open(int accounts) => _chain.Mine(change => Enumerable.Range(0, accounts).ToList().ForEach(change.Open));

    /// <summary>Advances, and holds what comes against a cold read and against what was there before.</summary>
    private async Task<ChainSnapshot> AdvanceAsync(bool compare = true)
    {
        var before = _last;
        var book = await _book.AdvanceAsync(_chain.Head, Keeper, CancellationToken.None);
        _last = book;
        if (!compare)
        {
            return book;
        }

        var cold = await _cold.ReadAsync(_chain.Head, Keeper, CancellationToken.None);
        Assert.Equal(Text(cold), Text(book));
        var old = before?.Accounts.ToDictionary(account => account.Account) ?? [];
        foreach (var account in book.Accounts.Where(account => old.TryGetValue(account.Account, out var same) && same.IsSameAs(account)))
        {
            Assert.True(ReferenceEquals(old[account.Account], account), $"account {account.Account} is as it was, and another object");
        }

        return book;
    }

    private static string Text(ChainSnapshot snapshot) => Encoding.UTF8.GetString(KeeperJson.Write(new ChainObserved(snapshot)));
}
