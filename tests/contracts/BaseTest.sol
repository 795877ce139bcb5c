// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {AttestationVerifier} from "../../contracts/AttestationVerifier.sol";
import {Guardian} from "../../contracts/Guardian.sol";
import {InsuranceFund} from "../../contracts/InsuranceFund.sol";
import {MarginAttestations} from "../../contracts/MarginAttestations.sol";
import {MarginHub} from "../../contracts/MarginHub.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {OptionBook} from "../../contracts/OptionBook.sol";
import {OracleHub} from "../../contracts/OracleHub.sol";
import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {LiquidationLimits} from "../../contracts/types/LiquidationLimits.sol";
import {UniswapFixture} from "./UniswapFixture.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title The whole protocol set up: two collaterals, four signers, a lender, and helpers that read as sentences
/// @dev This contract is admin, risk admin and guardian. Uniswap is there without pools, the funds are empty, no option is listed. WETH costs 3,000 and WBTC 60,000; volatility .60, slippage .02 for both.
abstract contract BaseTest is UniswapFixture {
    uint256 internal constant WAD = 1e18;
    uint32 internal constant MIN_INTERVAL = 6 hours;
    uint32 internal constant HEARTBEAT = 26 hours;
    uint32 internal constant SILENCE_LIMIT = 72 hours;
    uint256 internal constant HEADROOM_LIMIT = 1.03e18;
    uint32 internal constant MAX_AGE = 2 hours;
    uint64 internal constant DEVIATION = 0.02e18;
    uint256 internal constant TARGET_HEALTH = 1.03e18;
    uint256 internal constant MINIMUM_DEBT = 100e6;
    uint64 internal constant START = 1_800_000_000;
    uint256 internal constant LENT = 10_000_000e6;
    uint64 internal constant VOLATILITY = 0.6e18;
    uint64 internal constant SLIPPAGE = 0.02e18;
    uint64 internal constant RISK_ADMIN = 1;
    uint64 internal constant GUARDIAN = 2;
    uint256 internal constant MINIMUM_BOND = 1000e6;
    uint64 internal constant HUB_FINALITY = 15 minutes;

    AccessManager internal manager;
    OracleHub internal hub;
    AttestationVerifier internal verifier;
    RiskOracle internal risk;
    MarginVault internal vault;
    OptionBook internal book;
    MarginAttestations internal attestations;
    MarginHub internal marginHub;
    Guardian internal guardian;
    InsuranceFund internal insurance;
    InsuranceFund internal optionFund;

    MockToken internal usdc;
    MockToken internal weth;
    MockToken internal wbtc;
    /// @dev The first of three feeds each; the others, and the fallback as the last, are in `_feedsWith`.
    MockFeed internal wethFeed;
    MockFeed internal wbtcFeed;
    mapping(MockFeed first => MockFeed[] others) internal _feedsWith;

    address internal lender = makeAddr("lender");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal liquidator = makeAddr("liquidator");
    bytes32 internal aliceAccount;

    /// @dev Sorted ascending by address.
    address[] internal signerList;
    mapping(address signer => uint256 key) internal keyOf;

    function setUp() public virtual {
        vm.warp(START);
        _makeSigners(4);
        _deployTokens();
        _deployProtocol();
        _list(address(weth), wethFeed, 18, 0.35e18, 0.021309e18);
        _list(address(wbtc), wbtcFeed, 8, 0.3e18, 0.018264e18);
        aliceAccount = vault.accountId(alice, 1);
        _lend(LENT);
    }

    // --------------------------------------------------------------------------------------------------- set-up

    function _makeSigners(uint256 count) internal {
        uint256[] memory numbers = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            (address signer, uint256 key) = makeAddrAndKey(string.concat("signer", vm.toString(i)));
            keyOf[signer] = key;
            numbers[i] = uint160(signer);
        }
        numbers = vm.sort(numbers);
        for (uint256 i = 0; i < count; ++i) {
            signerList.push(address(uint160(numbers[i])));
        }
    }

    function _deployTokens() internal {
        usdc = new MockToken("USD Coin", "USDC", 6);
        weth = new MockToken("Wrapped Ether", "WETH", 18);
        wbtc = new MockToken("Wrapped BTC", "WBTC", 8);
        wethFeed = _newFeeds(8, "WETH / USD", 3000e8);
        wbtcFeed = _newFeeds(8, "WBTC / USD", 60_000e8);
    }

    /// @dev Three feeds and a fallback at one price.
    function _newFeeds(uint8 decimals, string memory description, int256 answer) internal returns (MockFeed first) {
        first = new MockFeed(decimals, description);
        for (uint256 i = 0; i < 3; ++i) {
            _feedsWith[first].push(new MockFeed(decimals, description));
        }
        _setPrice(first, answer);
    }

    function _deployProtocol() internal virtual {
        manager = new AccessManager(address(this));
        hub = new OracleHub(address(manager));
        verifier = _newVerifier();
        risk = _newRiskOracle();
        guardian = new Guardian(address(manager));
        _restrictTo(address(guardian), IGuardian.raise.selector, GUARDIAN);
        _restrict(address(guardian), IGuardian.lift.selector);
        _deployUniswap();
        vault = _newVault(usdc, TARGET_HEALTH, MINIMUM_DEBT);

        _restrict(address(hub), IOracleHub.setFeeds.selector);
        _restrict(address(hub), IOracleHub.restoreFeed.selector);
        _restrict(address(hub), IOracleHub.setSequencerFeed.selector);
        _restrict(address(hub), IOracleHub.setTiming.selector);
        _restrictTo(address(hub), IOracleHub.useFallback.selector, GUARDIAN);
        _restrictRisk(address(risk));
        manager.grantRole(RISK_ADMIN, address(this), 0);
        manager.grantRole(GUARDIAN, address(this), 0);
    }

    /// @dev A vault with peers of its own but for prices, factors, guardian and venue; its peers are the fields from then on.
    function _newVault(MockToken stable, uint256 targetHealth, uint256 minimumDebt)
        internal
        returns (MarginVault made)
    {
        insurance = new InsuranceFund(address(manager), IERC20(address(stable)));
        optionFund = new InsuranceFund(address(manager), IERC20(address(stable)));
        // The vault and its peers know each other for ever, so each is told where the other will be.
        uint64 nonce = vm.getNonce(address(this));
        book = OptionBook(vm.computeCreateAddress(address(this), nonce + 1));
        attestations = MarginAttestations(vm.computeCreateAddress(address(this), nonce + 2));
        marginHub = MarginHub(vm.computeCreateAddress(address(this), nonce + 3));
        made = new MarginVault(
            IERC20Metadata(address(stable)), address(manager), _peers(), targetHealth, minimumDebt, "Lent", "koL"
        );
        new OptionBook(address(manager), IMarginVault(address(made)), hub, IRiskOracle(address(risk)));
        new MarginAttestations(
            address(manager),
            IERC20Metadata(address(stable)),
            hub,
            IRiskOracle(address(risk)),
            address(insurance),
            MINIMUM_BOND
        );
        new MarginHub(address(manager), hub, IRiskOracle(address(risk)), IMarginVault(address(made)), HUB_FINALITY);
        insurance.setVault(address(made));
        optionFund.setVault(address(made));
        attestations.setConsumers(address(made), address(book));
        _restrictVault(made);
    }

    function _peers() internal view returns (IMarginVault.Peers memory) {
        return IMarginVault.Peers({
            oracleHub: hub,
            riskOracle: risk,
            guardian: guardian,
            optionBook: book,
            attestations: attestations,
            marginHub: marginHub,
            insurance: insurance,
            optionFund: optionFund,
            venue: venue
        });
    }

    function _restrictVault(MarginVault made) private {
        _restrict(address(made), MarginVault.listCollateral.selector);
        _restrict(address(made), MarginVault.setCap.selector);
        _restrict(address(made), MarginVault.setLimits.selector);
        _restrict(address(book), OptionBook.listUnderlying.selector);
        _restrict(address(marginHub), MarginHub.setSourceChain.selector);
        _restrict(address(marginHub), MarginHub.listRemote.selector);
    }

    function _newVerifier() internal virtual returns (AttestationVerifier) {
        return new AttestationVerifier(address(manager), signerList, 2, 3);
    }

    function _newRiskOracle() internal returns (RiskOracle) {
        return new RiskOracle(address(manager), verifier, MIN_INTERVAL, HEARTBEAT, SILENCE_LIMIT, HEADROOM_LIMIT);
    }

    function _restrictRisk(address oracle) internal {
        _restrict(oracle, IRiskOracle.listAsset.selector);
        _restrict(oracle, IRiskOracle.setBounds.selector);
        _restrict(oracle, IRiskOracle.setOptionBounds.selector);
        _restrict(oracle, IRiskOracle.setFallback.selector);
        _restrict(oracle, IRiskOracle.listExpiry.selector);
        _restrict(oracle, IRiskOracle.setTiming.selector);
    }

    function _restrict(address target, bytes4 selector) internal {
        _restrictTo(target, selector, RISK_ADMIN);
    }

    function _restrictTo(address target, bytes4 selector, uint64 role) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }

    function _list(address token, MockFeed feed, uint8 decimals, uint64 floor, uint64 rampPerDay) internal {
        hub.setFeeds(token, _feedSet(feed));
        risk.listAsset(token, _bounds(floor, rampPerDay), VOLATILITY, SLIPPAGE);
        vault.listCollateral(token, decimals, 1_000_000 * 10 ** decimals);
    }

    /// @dev The three feeds and the fallback that were made with `first`.
    function _feedSet(MockFeed first) internal view returns (IOracleHub.FeedSet memory set) {
        MockFeed[] storage others = _feedsWith[first];
        set.feeds = [_feed(first), _feed(others[0]), _feed(others[1])];
        set.fallbackFeed = _feed(others[2]);
        set.deviation = DEVIATION;
        set.minPrice = 1e18;
        set.maxPrice = 1e24;
    }

    function _feed(MockFeed feed) internal view returns (IOracleHub.Feed memory) {
        return IOracleHub.Feed({aggregator: address(feed), decimals: feed.decimals(), maxAge: MAX_AGE});
    }

    function _bounds(uint64 floor, uint64 rampPerDay) internal pure returns (IRiskOracle.AssetBounds memory) {
        return IRiskOracle.AssetBounds({
            volatilityFloor: floor,
            volatilityCap: 4e18,
            slippageCap: 0.3e18,
            tightenStep: 1e18,
            loosenStep: 0.1e18,
            slippageStep: 0.1e18,
            tailMultiplier: 2.6652142e18,
            bonus: 0.05e18,
            jump: 0.15e18,
            rampPerDay: rampPerDay,
            horizon: 5 days
        });
    }

    function _optionBounds() internal pure returns (IRiskOracle.OptionBounds memory) {
        return IRiskOracle.OptionBounds({
            impliedFloor: 0.1e18,
            impliedCap: 3e18,
            impliedStep: 0.5e18,
            forwardStep: 0.05e18,
            forwardFloor: 0.8e18,
            forwardCap: 1.25e18
        });
    }

    // -------------------------------------------------------------------------------------------------- reports

    /// @dev What an honest node would sign now, for both assets alike.
    function _observation(uint64 volatility, uint64 slippage) internal view returns (Observation memory) {
        address[] memory assets = risk.assets();
        AssetRisk[] memory vector = new AssetRisk[](assets.length);
        for (uint256 i = 0; i < assets.length; ++i) {
            vector[i] = AssetRisk({
                asset: assets[i], volatility: volatility, slippage: slippage, expiries: _sameExpiries(assets[i])
            });
        }
        return Observation({
            market: risk.market(),
            epoch: risk.epoch() + 1,
            configDigest: risk.configDigest(),
            observedAt: uint64(vm.getBlockTimestamp()),
            notBefore: uint64(vm.getBlockTimestamp()),
            deadline: uint64(vm.getBlockTimestamp() + 10 minutes),
            inputsRoot: keccak256("inputs"),
            vector: vector
        });
    }

    /// @dev Every listed expiry of an asset at the inputs it has.
    function _sameExpiries(address asset) internal view returns (ExpiryRisk[] memory same) {
        uint64[] memory expiries = risk.expiriesOf(asset);
        same = new ExpiryRisk[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 implied, uint256 ratio) = risk.optionInputs(asset, expiries[i]);
            // Both were given as 64 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            same[i] = ExpiryRisk({expiry: expiries[i], impliedVolatility: uint64(implied), forwardRatio: uint64(ratio)});
        }
    }

    function _sign(Observation memory observation, address signer) internal view returns (SignedObservation memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], verifier.digestOf(observation));
        return SignedObservation({observation: observation, signature: abi.encodePacked(r, s, v)});
    }

    /// @dev One observation for every given volatility, by the first signers in order.
    function _report(uint64[] memory volatilities, uint64 slippage) internal view returns (SignedObservation[] memory) {
        SignedObservation[] memory signed = new SignedObservation[](volatilities.length);
        for (uint256 i = 0; i < volatilities.length; ++i) {
            signed[i] = _sign(_observation(volatilities[i], slippage), signerList[i]);
        }
        return signed;
    }

    /// @dev `count` signers that all saw the same.
    function _agreed(uint256 count, uint64 volatility, uint64 slippage)
        internal
        view
        returns (SignedObservation[] memory)
    {
        uint64[] memory volatilities = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            volatilities[i] = volatility;
        }
        return _report(volatilities, slippage);
    }

    /// @dev Waits out the interval and submits what three signers agree on.
    function _submitAgreed(uint64 volatility, uint64 slippage) internal {
        skip(MIN_INTERVAL);
        risk.submit(_agreed(3, volatility, slippage));
    }

    function _list3(uint64 a, uint64 b, uint64 c) internal pure returns (uint64[] memory values) {
        values = new uint64[](3);
        (values[0], values[1], values[2]) = (a, b, c);
    }

    function _list2(uint64 a, uint64 b) internal pure returns (uint64[] memory values) {
        values = new uint64[](2);
        (values[0], values[1]) = (a, b);
    }

    // ------------------------------------------------------------------------------------------------- accounts

    function _lend(uint256 amount) internal {
        usdc.mint(lender, amount);
        vm.startPrank(lender);
        usdc.approve(address(vault), amount);
        vault.deposit(amount, lender);
        vm.stopPrank();
    }

    function _add(bytes32 account, MockToken token, uint256 amount) internal {
        address payer = address(uint160(uint256(account) >> 96));
        token.mint(payer, amount);
        vm.startPrank(payer);
        token.approve(address(vault), amount);
        vault.addCollateral(account, address(token), amount);
        vm.stopPrank();
    }

    function _borrow(bytes32 account, uint256 amount) internal {
        address owner = address(uint160(uint256(account) >> 96));
        vm.prank(owner);
        vault.borrow(account, amount, owner, "");
    }

    function _repayFrom(address payer, bytes32 account, uint256 amount) internal returns (uint256 repaid) {
        uint256 money = amount == type(uint256).max ? vault.position(account).debt : amount;
        usdc.mint(payer, money);
        vm.startPrank(payer);
        usdc.approve(address(vault), money);
        repaid = vault.repay(account, amount);
        vm.stopPrank();
    }

    /// @dev Liquidates with all the money it takes and no limits.
    function _liquidate(bytes32 account) internal returns (uint256 repaid, uint256[] memory seized) {
        usdc.mint(liquidator, type(uint128).max);
        vm.startPrank(liquidator);
        usdc.approve(address(vault), type(uint256).max);
        (repaid, seized) = vault.liquidate(
            account,
            LiquidationLimits({
                maxRepay: type(uint256).max,
                minSeized: new uint256[](vault.collaterals().length),
                deadline: vm.getBlockTimestamp()
            }),
            ""
        );
        vm.stopPrank();
    }

    /// @dev The largest amount that the account may still borrow.
    function _room(bytes32 account) internal view returns (uint256) {
        MarginVault.Valuation memory worth = vault.valuation(account);
        return (worth.borrowCapacity - worth.debt) / 1e12;
    }

    /// @dev Moves time and keeps the feeds fresh at their price.
    function _wait(uint256 time) internal {
        skip(time);
        _refresh();
    }

    function _refresh() internal {
        _setPrice(wethFeed, _answer(wethFeed));
        _setPrice(wbtcFeed, _answer(wbtcFeed));
    }

    /// @dev The market price: every feed of the asset moves together.
    function _setPrice(MockFeed first, int256 answer) internal {
        first.push(answer);
        MockFeed[] storage others = _feedsWith[first];
        for (uint256 i = 0; i < others.length; ++i) {
            others[i].push(answer);
        }
    }

    /// @dev Every feed of the asset goes down, or comes up again.
    function _setDown(MockFeed first, bool down) internal {
        first.setDown(down);
        MockFeed[] storage others = _feedsWith[first];
        for (uint256 i = 0; i < others.length; ++i) {
            others[i].setDown(down);
        }
    }

    function _answer(MockFeed feed) internal view returns (int256 answer) {
        (, answer,,,) = feed.latestRoundData();
    }
}
