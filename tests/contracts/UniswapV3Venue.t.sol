// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {UniswapV3Venue} from "../../contracts/UniswapV3Venue.sol";
import {ISwapVenue} from "../../contracts/interfaces/ISwapVenue.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3.sol";
import {UniswapFixture} from "./UniswapFixture.sol";
import {CallbackToken, TaxedToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Sales through a real pool: exact, whole, bounded, and paid only by who asked
contract UniswapV3VenueTest is UniswapFixture {
    uint256 private constant ETH = 1e18;
    uint256 private constant USD = 1e6;
    /// @dev One ETH, as a pool says it.
    int256 private constant TAKEN = 1e18;

    MockToken private weth;
    MockToken private usdc;
    IUniswapV3Pool private pool;

    address private trader = makeAddr("trader");
    address private recipient = makeAddr("recipient");

    function setUp() public {
        _deployUniswap();
        weth = new MockToken("Wrapped Ether", "WETH", 18);
        usdc = new MockToken("USD Coin", "USDC", 6);
        pool = _newPool(weth, 1000 * ETH, usdc, 3_000_000 * USD, MEDIUM_FEE);
    }

    function test_Pool_StartsAtTheRatioOfItsReserves() public view {
        assertApproxEqRel(weth.balanceOf(address(pool)), 1000 * ETH, 1e9);
        assertApproxEqRel(usdc.balanceOf(address(pool)), 3_000_000 * USD, 1e12);
    }

    // ------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_NothingIsSold() public {
        vm.expectRevert(ISwapVenue.AmountZero.selector);
        venue.swap(address(weth), address(usdc), MEDIUM_FEE, 0, 0, recipient);
    }

    function test_RevertWhen_NoPoolHasThatFee() public {
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.PoolUnknown.selector, weth, usdc, LOW_FEE));
        venue.swap(address(weth), address(usdc), LOW_FEE, ETH, 0, recipient);
    }

    function test_RevertWhen_TokenIsSoldForItself() public {
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.PoolUnknown.selector, weth, weth, MEDIUM_FEE));
        venue.swap(address(weth), address(weth), MEDIUM_FEE, ETH, 0, recipient);
    }

    function test_RevertWhen_PoolHasNoPriceYet() public {
        factory.createPool(address(weth), address(usdc), LOW_FEE);
        _fund(weth, ETH);
        vm.expectRevert(bytes("LOK"));
        _swap(weth, usdc, LOW_FEE, ETH, 0);
    }

    function test_RevertWhen_PoolIsEmpty() public {
        IUniswapV3Pool empty = IUniswapV3Pool(factory.createPool(address(weth), address(usdc), LOW_FEE));
        empty.initialize(1 << 96);
        _fund(weth, ETH);
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.PoolTooThin.selector, empty, ETH, 0));
        _swap(weth, usdc, LOW_FEE, ETH, 0);
    }

    /// @dev Liquidity in one narrow range around the price: the pool takes some and stops.
    function test_RevertWhen_PoolRunsDry() public {
        IUniswapV3Pool thin = IUniswapV3Pool(factory.createPool(address(weth), address(usdc), LOW_FEE));
        thin.initialize(1 << 96);
        (MockToken token0, MockToken token1) = weth < usdc ? (weth, usdc) : (usdc, weth);
        minter.addLiquidity(thin, token0, token1, -10, 10, 1e18);
        // The pool can take what moves its price over half of the range: 1e18 x (1 - 1.0001^-5), and the fee.
        uint256 room = 0.00050025012e18;

        _fund(weth, 1e18);
        assertGt(_swap(weth, usdc, LOW_FEE, room * 9 / 10, 0), 0);
        vm.expectPartialRevert(ISwapVenue.PoolTooThin.selector);
        _swap(weth, usdc, LOW_FEE, room, 0);
        assertEq(weth.balanceOf(trader), 1e18 - room * 9 / 10, "a refused sale costs nothing");
    }

    function test_RevertWhen_OutputIsUnderTheMinimum() public {
        uint256 snapshot = vm.snapshotState();
        _fund(weth, ETH);
        uint256 out = _swap(weth, usdc, MEDIUM_FEE, ETH, 0);
        assertTrue(vm.revertToState(snapshot));

        _fund(weth, ETH);
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.OutputTooSmall.selector, usdc, out, out + 1));
        _swap(weth, usdc, MEDIUM_FEE, ETH, out + 1);
        assertEq(_swap(weth, usdc, MEDIUM_FEE, ETH, out), out);
    }

    function test_RevertWhen_CallerDidNotApprove() public {
        weth.mint(trader, ETH);
        vm.prank(trader);
        vm.expectRevert();
        venue.swap(address(weth), address(usdc), MEDIUM_FEE, ETH, 0, recipient);
        assertEq(weth.balanceOf(trader), ETH);
    }

    function test_RevertWhen_RecipientIsThePool() public {
        _fund(weth, ETH);
        vm.prank(trader);
        vm.expectPartialRevert(ISwapVenue.OutputShort.selector);
        venue.swap(address(weth), address(usdc), MEDIUM_FEE, ETH, 0, address(pool));
    }

    function test_RevertWhen_BoughtTokenChargesOnTransfer() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        _newPool(weth, 1000 * ETH, taxed, 1000 * ETH, MEDIUM_FEE);
        _fund(weth, ETH);
        vm.expectPartialRevert(ISwapVenue.OutputShort.selector);
        _swap(weth, taxed, MEDIUM_FEE, ETH, 0);
        assertEq(taxed.balanceOf(recipient), 0);
    }

    function test_RevertWhen_SoldTokenChargesOnTransfer() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        _newPool(weth, 1000 * ETH, taxed, 1000 * ETH, MEDIUM_FEE);
        _fund(taxed, ETH);
        vm.expectRevert(bytes("IIA"));
        _swap(taxed, weth, MEDIUM_FEE, ETH, 0);
    }

    // ------------------------------------------------------------------------------------------ forged callbacks

    /// @dev The victim has a standing approval; a stranger asks the venue to spend it.
    function test_RevertWhen_StrangerCallsBack() public {
        _fund(weth, ETH);
        bytes memory data = abi.encode(address(weth), trader, ETH);
        address stranger = makeAddr("stranger");
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.CallbackFromStranger.selector, stranger, address(0)));
        venue.uniswapV3SwapCallback(TAKEN, -1, data);

        vm.prank(address(pool));
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.CallbackFromStranger.selector, pool, address(0)));
        venue.uniswapV3SwapCallback(TAKEN, -1, data);
    }

    function test_RevertWhen_TokenCallsBackInTheMiddleOfASwap() public {
        (CallbackToken hostile, IUniswapV3Pool pair) = _hostile();
        weth.mint(trader, ETH);
        vm.prank(trader);
        weth.approve(address(venue), ETH);
        bytes memory forged =
            abi.encodeCall(UniswapV3Venue.uniswapV3SwapCallback, (TAKEN, -1, abi.encode(address(weth), trader, ETH)));
        hostile.arm(address(venue), forged);

        _push(makeAddr("attacker"), hostile, weth, MEDIUM_FEE, ETH);
        assertFalse(hostile.succeeded());
        assertEq(
            hostile.answer(), abi.encodeWithSelector(ISwapVenue.CallbackFromStranger.selector, hostile, address(pair))
        );
        assertEq(weth.balanceOf(trader), ETH);
    }

    function test_RevertWhen_TokenSwapsInTheMiddleOfASwap() public {
        (CallbackToken hostile,) = _hostile();
        hostile.arm(
            address(venue),
            abi.encodeCall(venue.swap, (address(weth), address(usdc), MEDIUM_FEE, 1, 0, address(hostile)))
        );
        _push(makeAddr("attacker"), hostile, weth, MEDIUM_FEE, ETH);
        assertFalse(hostile.succeeded());
        assertEq(bytes4(hostile.answer()), bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    }

    // ------------------------------------------------------------------------------------------------------ sales

    function test_Swap_TakesExactlyTheAmount_AndPaysTheRecipient() public {
        _fund(weth, ETH);
        uint256 inPool = usdc.balanceOf(address(pool));
        uint256 out = _swap(weth, usdc, MEDIUM_FEE, ETH, 0);

        assertApproxEqAbs(out, _constantProduct(1000 * ETH, 3_000_000 * USD, ETH, MEDIUM_FEE), 1);
        assertEq(usdc.balanceOf(recipient), out);
        assertEq(inPool - usdc.balanceOf(address(pool)), out);
        assertEq(weth.balanceOf(trader), 0);
        assertEq(weth.allowance(trader, address(venue)), 0, "an exact approval is used up");
        _assertVenueEmpty(weth, usdc);
    }

    function test_Swap_TheOtherWay() public {
        _fund(usdc, 3000 * USD);
        uint256 out = _swap(usdc, weth, MEDIUM_FEE, 3000 * USD, 0);
        assertApproxEqRel(out, _constantProduct(3_000_000 * USD, 1000 * ETH, 3000 * USD, MEDIUM_FEE), 1e10);
        assertEq(weth.balanceOf(recipient), out);
        _assertVenueEmpty(weth, usdc);
    }

    function test_Swap_PriceImpactGrowsWithSize() public {
        uint256 small = _push(trader, weth, usdc, MEDIUM_FEE, ETH);
        _push(trader, usdc, weth, MEDIUM_FEE, small);
        uint256 large = _push(trader, weth, usdc, MEDIUM_FEE, 100 * ETH);
        // A tenth of the reserve: 1 - 1/1.1 = 9.1 % under the price, and the fee.
        assertApproxEqRel(small, 2991 * USD * 1000 / 1001, 1e14);
        assertApproxEqRel(large / 100, 2991 * USD * 10 / 11, 1e15);
    }

    function test_Swap_RecipientMayBeThePayer() public {
        uint256 out = _push(trader, weth, usdc, MEDIUM_FEE, ETH);
        assertEq(usdc.balanceOf(trader), out);
    }

    /// @dev All whole tokens cost the same: what differs is the unit, and what one unit is worth is lost to rounding at most.
    function test_Swap_TokensOfAnyDecimals() public {
        uint8[4] memory all = [0, 6, 18, 24];
        for (uint256 i = 0; i < all.length; ++i) {
            for (uint256 j = 0; j < all.length; ++j) {
                _checkDecimals(all[i], all[j]);
            }
        }
    }

    function _checkDecimals(uint8 decimalsIn, uint8 decimalsOut) private {
        MockToken a = new MockToken("A", "A", decimalsIn);
        MockToken b = new MockToken("B", "B", decimalsOut);
        (uint256 reserveA, uint256 reserveB) = (1e9 * 10 ** decimalsIn, 1e9 * 10 ** decimalsOut);
        _newPool(a, reserveA, b, reserveB, LOW_FEE);

        uint256 amountIn = 1e6 * 10 ** decimalsIn;
        uint256 expected = _constantProduct(reserveA, reserveB, amountIn, LOW_FEE);
        uint256 out = _push(trader, a, b, LOW_FEE, amountIn);
        assertApproxEqAbs(out, expected, expected / 1e8 + 1);
        _assertVenueEmpty(a, b);
    }

    function testFuzz_Swap_NeverPaysMoreThanTheCurve(uint256 amountIn, bool sellsWeth) public {
        amountIn = bound(amountIn, 1e6, sellsWeth ? 100_000 * ETH : 300_000_000 * USD);
        (MockToken a, MockToken b) = sellsWeth ? (weth, usdc) : (usdc, weth);
        (uint256 reserveA, uint256 reserveB) = (a.balanceOf(address(pool)), b.balanceOf(address(pool)));
        uint256 curve = FixedPointMathLib.fullMulDiv(reserveB, amountIn * 997, reserveA * 1000 + amountIn * 997);
        uint256 out = _push(trader, a, b, MEDIUM_FEE, amountIn);
        // The reserves are counted up to a unit or two in a part of 1e9, for the range's ends and rounding.
        assertLe(out, curve + curve / 1e9 + 1);
        assertGe(out + out / 1e6 + 2, curve);
        assertEq(a.balanceOf(trader), 0);
        _assertVenueEmpty(a, b);
    }

    function test_Gas_Swap() public {
        _fund(weth, ETH);
        _swap(weth, usdc, MEDIUM_FEE, ETH / 2, 0);
        vm.prank(trader);
        venue.swap(address(weth), address(usdc), MEDIUM_FEE, ETH / 2, 0, recipient);
        assertLt(vm.snapshotGasLastCall("UniswapV3Venue", "swap"), 140_000);
    }

    // --------------------------------------------------------------------------------------------------- helpers

    function _hostile() private returns (CallbackToken hostile, IUniswapV3Pool pair) {
        hostile = new CallbackToken("EVIL", 18);
        pair = _newPool(weth, 1000 * ETH, hostile, 1000 * ETH, MEDIUM_FEE);
    }

    function _fund(MockToken token, uint256 amount) private {
        token.mint(trader, amount);
        vm.prank(trader);
        token.approve(address(venue), amount);
    }

    function _swap(MockToken tokenIn, MockToken tokenOut, uint24 fee, uint256 amountIn, uint256 minOut)
        private
        returns (uint256)
    {
        vm.prank(trader);
        return venue.swap(address(tokenIn), address(tokenOut), fee, amountIn, minOut, recipient);
    }

    function _assertVenueEmpty(MockToken a, MockToken b) private view {
        assertEq(a.balanceOf(address(venue)), 0);
        assertEq(b.balanceOf(address(venue)), 0);
    }
}
