// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {BaseTest} from "../BaseTest.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Replay: 12 and 13 March 2020, over loans at every leverage
/// @dev Binance ETH/USDT, low and close of each hour from 2020-03-12T00:00Z to 2020-03-13T06:00Z, in hundredths. From the close of an hour to the
/// low of the next the price passes through four steps, to the close through two: an hour has hundreds of blocks.
contract BlackThursdayReplay is BaseTest {
    uint256 private constant LOANS = 12;
    uint256 private constant HOURS = 31;
    uint256 private constant OPEN = 19_461;
    uint16[31] private _lows = [
        19_222,
        18_423,
        18_266,
        18_190,
        18_000,
        18_016,
        17_200,
        16_761,
        16_661,
        16_744,
        12_500,
        12_300,
        13_401,
        12_675,
        13_400,
        13_635,
        13_441,
        13_850,
        13_685,
        13_687,
        12_500,
        12_505,
        12_620,
        10_120,
        10_420,
        9600,
        8600,
        11_000,
        10_600,
        10_915,
        11_422
    ];
    uint16[31] private _closes = [
        19_331,
        18_503,
        18_410,
        18_308,
        18_171,
        18_175,
        17_380,
        17_161,
        16_954,
        16_797,
        13_291,
        13_659,
        13_699,
        13_503,
        13_966,
        14_110,
        13_935,
        14_196,
        13_723,
        13_837,
        12_884,
        13_099,
        12_726,
        10_782,
        10_689,
        9662,
        11_112,
        12_424,
        10_970,
        11_663,
        12_613
    ];

    bytes32[] private _loans;
    uint256 private _last = OPEN;
    uint256 private _start;

    /// @dev Twelve loans on 1,000 ETH each, at 100 %, 95 % and so on to 45 % of what may be borrowed.
    function setUp() public override {
        super.setUp();
        _setTo(OPEN);
        for (uint96 i = 0; i < LOANS; ++i) {
            bytes32 account = vault.accountId(alice, i + 10);
            _loans.push(account);
            _add(account, weth, 1000e18);
            _borrow(account, _room(account) * (100 - 5 * i) / 100);
        }
        _start = vault.totalDebt();
    }

    function _setTo(uint256 hundredths) private {
        _setPrice(wethFeed, int256(hundredths * 1e6));
    }

    /// @dev One step of the path, and what keepers do of it.
    function _step(uint256 hundredths, uint256 time, bool keepers) private {
        skip(time);
        _setTo(hundredths);
        _setPrice(wbtcFeed, 60_000e8);
        if (keepers) _liquidateAll();
    }

    function _liquidateAll() private {
        for (uint256 i = 0; i < LOANS; ++i) {
            if (vault.liquidationPlan(_loans[i]).repay != 0) _liquidate(_loans[i]);
        }
    }

    /// @dev Keepers rest from hour `from` until before hour `until`.
    function _run(uint256 from, uint256 until) private {
        for (uint256 hour = 0; hour < HOURS; ++hour) {
            bool keepers = hour < from || hour >= until;
            (uint256 low, uint256 close) = (_lows[hour], _closes[hour]);
            for (uint256 i = 1; i <= 4; ++i) {
                _step((_last * (4 - i) + low * i) / 4, 10 minutes, keepers);
            }
            _step((low + close) / 2, 10 minutes, keepers);
            _step(close, 10 minutes, keepers);
            _last = close;
        }
    }

    function _liquidations() private view returns (uint256 count) {
        for (uint256 i = 0; i < LOANS; ++i) {
            count += vault.position(_loans[i]).liquidations;
        }
    }

    /// @dev A fall of 56 % in 26 hours, and nobody loses but the borrowers.
    function test_Replay_KeepersWork_NoBadDebt() public {
        uint256 share = vault.convertToAssets(1e12);
        _run(0, 0);
        assertGt(_liquidations(), 2 * LOANS - 4);
        assertLe(vault.totalDeficit(), _start / 1000, "over .1 % of debt was lost");
        assertGe(vault.convertToAssets(1e12), share);
        for (uint256 i = 0; i < LOANS; ++i) {
            assertGe(vault.health(_loans[i]), WAD);
        }
    }

    /// @dev They rest for three hours at the first fall, from 168 to 123.
    function test_Replay_KeepersRestForTheFirstFall_LossIsSmall() public {
        _run(10, 13);
        assertGt(_liquidations(), 0);
        assertLe(vault.totalDeficit(), _start / 100);
    }

    /// @dev They rest from before the first fall to after the last, when ETH has been at 86: then the loss is real, and is borne in its order.
    function test_Replay_KeepersRestForEverything_InsuranceThenReserveThenLenders() public {
        uint256 snapshot = vm.snapshotState();
        _run(6, 26);
        uint256 bare = vault.totalDeficit();
        assertGt(bare, 0);
        assertApproxEqAbs(vault.books().reserve, 0, 1e6, "the reserve went before the lenders");
        vm.revertToState(snapshot);

        uint256 share = vault.convertToAssets(1e12);
        usdc.mint(address(insurance), bare / 2);
        _run(6, 26);
        assertEq(usdc.balanceOf(address(insurance)), 0, "and insurance before both");
        assertApproxEqRel(vault.totalDeficit(), bare - bare / 2, 0.001e18);
        assertLt(vault.convertToAssets(1e12), share);
        vm.revertToState(snapshot);

        usdc.mint(address(insurance), bare * 2);
        _run(6, 26);
        assertEq(vault.totalDeficit(), 0);
        assertGe(vault.convertToAssets(1e12), share);
        assertGt(usdc.balanceOf(address(insurance)), 0);
    }
}
